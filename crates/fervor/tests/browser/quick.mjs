// What scripts add: lists that follow what one types, numbers that move while one changes what they come from, and a
// page that is never loaded anew for it. What is shown meanwhile is what the service says without scripts.
//   node quick.mjs HOST EMAIL PASSWORD
import { Page, run } from './browser.mjs'

const [host, email, password] = process.argv.slice(2)

const names = (on) => on.page.$$eval('#results tbody th a', (all) => all.map((one) => one.textContent))
const path = (on) => new URL(on.page.url()).pathname + new URL(on.page.url()).search
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)

// Notes where something is not as expected.
function equal(on, what, found, expected) {
  if (!same(found, expected)) on.note(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`)
}

// Marks this page: one that is loaded anew is not marked.
const mark = (on) => on.page.evaluate(() => (window.isMarked = true))
async function stays(on, what) {
  if (!(await on.page.evaluate(() => window.isMarked))) on.note(`${what}: the page was loaded anew`)
}

// Writes over what a field has, a letter at a time.
async function type(on, selector, text) {
  await on.page.click(selector, { count: 3 })
  await on.page.keyboard.press('Backspace')
  await on.page.type(selector, text, { delay: 40 })
}

async function lists(on, plain) {
  await on.go('/')
  await on.leads(() => on.page.click('.side a[href="/contacts"]'))
  const all = await names(on)
  equal(on, 'all contacts', all.length, 15)
  await mark(on)
  await type(on, '#q', 'ada')
  await on.until('two are left', async () => (await names(on)).length === 2)
  equal(on, 'found', await names(on), ['Ada Lovelace', 'Cy Adams'])
  equal(on, 'the address', path(on), '/contacts?q=ada')
  equal(on, 'what is told', await on.text('#status'), '2 contacts')
  equal(on, 'the export', await on.page.$eval('#export', (one) => one.getAttribute('href')), '/contacts.csv?q=ada')
  await plain.go('/contacts?q=ada')
  equal(on, 'with scripts and without', await names(on), await names(plain))
  await type(on, '#q', 'x')
  await on.until('nobody is left', async () => (await on.text()).includes('No contact is like that'))
  await type(on, '#q', '')
  await on.until('all are there again', async () => same(await names(on), all))
  equal(on, 'the address of all', path(on), '/contacts')

  await on.page.click('#filters summary')
  await on.page.click('input[name=band][value="engagement:Hot"]')
  await on.until('five are left', async () => (await names(on)).length === 5)
  equal(on, 'the address of a band', path(on), '/contacts?band=engagement%3AHot')
  const hot = await names(on)
  await on.page.keyboard.press('Escape')
  equal(on, 'opened after Escape', await on.page.$$eval('.tools details[open]', (all) => all.length), 0)
  equal(on, 'where the keyboard is', await on.page.evaluate(() => document.activeElement.textContent), 'Filters')
  await stays(on, 'a list that is searched')

  // Back from one of them is the list as it was, and back from there is where one came from.
  await on.leads(() => on.page.click('#results tbody th a'))
  await on.page.goBack({ waitUntil: 'load' })
  await on.until('the list is there again', async () => same(await names(on), hot))
  equal(on, 'the address after going back', path(on), '/contacts?band=engagement%3AHot')
  equal(on, 'chosen after going back', await on.page.$eval('[value="engagement:Hot"]', (one) => one.checked), true)
  await on.page.goBack({ waitUntil: 'load' })
  equal(on, 'the address before the list', path(on), '/')
}

const outcome = (on) => on.page.$$eval('#outcome .figures .figure', (all) => all.map((one) => one.textContent))

async function factors(on, plain) {
  await on.go('/opportunities/one')
  await mark(on)
  equal(on, 'a deal', await outcome(on), ['80', '90 %', '900'])
  await type(on, '[name="factor.amount"]', '2000')
  await on.until('the value follows', async () => same(await outcome(on), ['80', '90 %', '1,800']))
  await on.page.select('[name="factor.budget_confirmed"]', 'false')
  await on.until('all three follow', async () => same(await outcome(on), ['20', '10 %', '200']))
  if (!(await on.text('#status')).includes('10 %')) on.note(`nobody hears of it: ${await on.text('#status')}`)
  if (!(await on.text('#outcome')).includes('not kept yet')) on.note('nothing says that it is not kept')
  await stays(on, 'factors that are tried')
  await plain.go('/opportunities/one')
  equal(on, 'what is known meanwhile', await outcome(plain), ['80', '90 %', '900'])
  await on.leads(() => on.page.click('#factors-form button:not(#try)'))
  await on.until('it is kept', async () => (await on.text()).includes('The factors are kept'))
  equal(on, 'after keeping', await outcome(on), ['20', '10 %', '200'])
  await plain.go('/opportunities/one')
  equal(on, 'what is known then', await outcome(plain), ['20', '10 %', '200'])
}

// The third band: where it begins by each of what can say it, in the chart as a value, and how many are in each.
const bands = (on) => on.page.evaluate(() => {
  const [chart, row] = [document.querySelector('.histogram'), document.querySelectorAll('[data-band]')[2]]
  const [least, most] = [Number(chart.dataset.least), Number(chart.dataset.most)]
  const place = Number(/[\d.]+/.exec(chart.querySelector('[data-edge=Hot]').getAttribute('transform'))[0])
  return {
    typed: row.querySelector('[name^=from]').value,
    slider: row.querySelector('[type=range]').value,
    drawn: String(Math.round(least + (place / 800) * (most - least))),
    many: [...document.querySelectorAll('[data-band] output')].map((one) => one.textContent).filter(Boolean),
    hot: chart.querySelectorAll('.bar.band-6').length,
  }
})

// Points are 0, 5 and so on until 70, each once; Warm begins at 20.
function expected(from) {
  const hot = Array.from({ length: 15 }, (_, at) => at * 5).filter((points) => points >= from).length
  const warm = Array.from({ length: 15 }, (_, at) => at * 5).filter((points) => points >= 20 && points < from).length
  return { typed: String(from), slider: String(from), drawn: String(from), many: ['4', String(warm), String(hot)], hot }
}

async function thresholds(on, plain) {
  await on.go('/bands?score=engagement')
  await mark(on)
  equal(on, 'bands', await bands(on), expected(50))
  // By the mouse, at the line that is drawn.
  const box = await on.page.$eval('.histogram', (chart) => {
    const { left, top, width, height } = chart.getBoundingClientRect()
    return { left, y: top + height / 2, of: width / (chart.dataset.most - chart.dataset.least), least: chart.dataset.least }
  })
  const at = (value) => box.left + (value - box.least) * box.of
  await on.page.mouse.move(at(50), box.y)
  await on.page.mouse.down()
  await on.page.mouse.move(at(55), box.y, { steps: 4 })
  await on.page.mouse.move(at(62), box.y, { steps: 4 })
  equal(on, 'while it is dragged', await bands(on), expected(62))
  await on.page.mouse.up()
  equal(on, 'what is told', await on.text('#told'), 'Cold 4, Warm 9, Hot 2')
  await on.page.mouse.move(at(20), box.y)
  equal(on, 'once it is let go', await bands(on), expected(62))
  // By the keyboard, with its slider.
  await on.page.focus('[data-band]:nth-of-type(3) [type=range]')
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft']) await on.page.keyboard.press(key)
  equal(on, 'after three keys', await bands(on), expected(59))
  equal(on, 'what is told then', await on.text('#told'), 'Cold 4, Warm 8, Hot 3')
  // By typing.
  await type(on, '[data-band]:nth-of-type(3) [name^=from]', '40')
  equal(on, 'after typing', await bands(on), expected(40))
  await stays(on, 'bands that are moved')
  await on.leads(() => on.page.click('#bands .actions button'))
  await on.until('it is saved', async () => (await on.text()).includes('Saved to the draft'))
  await plain.go('/bands?score=engagement')
  equal(on, 'what the service counts', (await bands(plain)).many, expected(40).many)
}

const said = (on, selector = '#said') => on.text(`${selector} .sentence`)

async function sentences(on) {
  await on.go('/rules/rule/visit')
  await mark(on)
  equal(on, 'a rule', await said(on), 'Each visit adds 5.')
  await type(on, '[name=points]', '7')
  await on.until('the sentence follows', async () => (await said(on)) === 'Each visit adds 7.')
  await type(on, '[name=window_count]', '90')
  await on.until('it follows on', async () => (await said(on)) === 'Each visit in the last 90 days adds 7.')
  await type(on, '[name=points]', '-2')
  await on.until('it is a loss', async () => (await said(on)) === 'Each visit in the last 90 days takes away 2.')
  // A row more as soon as the last is written into.
  const rows = await on.page.$$eval('[data-row] [name$=_name]', (all) => all.map((one) => one.name))
  await on.page.type(`[name=${rows.at(-1)}]`, 'contact.name')
  const more = await on.page.$$eval('[data-row] [name$=_name]', (all) => all.map((one) => one.name))
  equal(on, 'rows', [more.length, new Set(more).size], [rows.length + 1, rows.length + 1])
  await type(on, `[name=${rows.at(-1).replace('_name', '_with')}]`, 'Bo')
  const sentence = 'Each visit in the last 90 days where the contact’s name is Bo takes away 2.'
  await on.until('the condition is said', async () => (await said(on)) === sentence)
  await stays(on, 'a rule that is written')
  await on.leads(() => on.page.click('.form-end button'))
  equal(on, 'the rule among all', await said(on, '#rule-visit'), sentence)
}

// Where nobody wants movement nothing moves; where it is welcome something does.
async function stillness(on) {
  const moving = () => on.page.evaluate(() => {
    const isMoving = (style) => [style.transitionDuration, style.animationDuration].some((all) => /[1-9]/.test(all))
    const all = [...document.querySelectorAll('*')].flatMap((one) => [null, '::before', '::after'].map((part) => getComputedStyle(one, part)))
    return all.filter((style) => isMoving(style) || style.scrollBehavior === 'smooth').length
  })
  for (const where of ['/', '/contacts', '/opportunities/one', '/bands', '/rules/rule/visit', '/imports/new']) {
    await on.go(where)
    equal(on, 'what moves', await moving(), 0)
  }
  await on.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'no-preference' }])
  if ((await moving()) === 0) on.note('nothing ever moves, so that this says nothing')
}

await run(async (browser) => {
  const [on, plain] = [await Page.open(browser, host), await Page.open(browser, host, { scripts: false })]
  for (const one of [on, plain]) await one.logIn(email, password)
  for (const part of [lists, factors, thresholds, sentences, stillness]) await part(on, plain)
  return [...on.wrong, ...plain.wrong]
})
