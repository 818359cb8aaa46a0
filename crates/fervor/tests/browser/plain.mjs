// The same without scripts: what somebody does by links and forms alone.
//   node plain.mjs HOST EMAIL PASSWORD
import { Page, run } from './browser.mjs'

const [host, email, password] = process.argv.slice(2)

await run(async (browser) => {
  const on = await Page.open(browser, host, { scripts: false })
  const { page } = on
  const path = () => new URL(page.url()).pathname + new URL(page.url()).search
  const texts = (selector) => page.$$eval(selector, (all) => all.map((one) => one.textContent.trim()))
  const equal = (what, found, expected) => {
    const [one, other] = [found, expected].map((value) => JSON.stringify(value))
    if (one !== other) on.note(`${what}: expected ${other}, found ${one}`)
  }
  const says = async (text) => {
    if (!(await on.text()).includes(text)) on.note(`it does not say “${text}”: ${await on.text()}`)
  }
  await on.logIn(email, password)

  // A list is searched and filtered by its buttons, and further by its links.
  await on.go('/contacts')
  await on.submit({ q: 'ada' }, { button: '#search' })
  equal('found', await texts('#results tbody th a'), ['Ada Lovelace', 'Cy Adams'])
  await on.leads(() => page.click('.chip-clear'))
  await page.click('#filters summary')
  await on.submit({ band: 'engagement:Hot' }, { button: '#filters details[open] button' })
  equal('those of a band', (await texts('#results tbody th a')).length, 5)
  if (!path().includes('band=engagement%3AHot')) on.note(`the address does not say what is shown: ${path()}`)
  await on.leads(() => page.click('thead th a'))
  if (!path().includes('band=engagement%3AHot') || !path().includes('sort=')) on.note(`sorting forgets the filter: ${path()}`)

  // Factors are tried, and then kept.
  await on.go('/opportunities/one')
  await on.submit({ 'factor.amount': '3000' }, { button: '#try' })
  await says('tried, and not kept')
  equal('what is tried', await texts('#outcome .figures .figure'), ['80', '90 %', '2,700'])
  await on.go('/opportunities/one')
  equal('what is known', await texts('#outcome .figures .figure'), ['80', '90 %', '900'])
  await on.submit({ 'factor.amount': '3000' }, { button: '#factors-form button:not(#try)' })
  await says('The factors are kept')
  equal('what is kept', await texts('#outcome .figures .figure'), ['80', '90 %', '2,700'])

  // A band is typed, counted by the service, and saved.
  await on.go('/bands?score=engagement')
  await on.submit({ from2: '60' }, { button: '[data-recount]' })
  equal('counted again', (await texts('[data-band] output')).filter(Boolean), ['4', '8', '3'])
  await on.submit({}, { button: '#bands .actions button:not([data-recount])' })
  await says('Saved to the draft')

  // A rule is changed by its form, which says what is wrong and keeps what was written.
  await on.go('/rules/rule/visit')
  await on.submit({ points: 'many' }, { button: '.form-end button', refused: true })
  await says('This is not saved yet')
  equal('what was written', await page.$eval('[name=points]', (one) => one.value), 'many')
  await on.submit({ points: '6' }, { button: '.form-end button' })
  equal('the rule', await texts('#rule-visit .sentence'), ['Each visit adds 6.'])
  await on.leads(() => page.click('a[href="/rules/changes"]'))
  await says('Each visit adds 6.')
  return on.wrong
})
