// From the sample association to another model in force, as somebody does it who looks after the scores:
//   node change.mjs HOST SETUP
import { Page, run } from './browser.mjs'
import { check, pictured } from './checks.mjs'

const [host, setup] = process.argv.slice(2)
const root = new URL('../../../..', import.meta.url).pathname

await run(async (browser) => {
  const on = await Page.open(browser, host)
  const says = (text) => on.until(`it says “${text}”`, async () => (await on.text()).includes(text))

  await on.go(`/setup/${setup}`)
  await on.submit({ name: 'Ada', email: 'ada@example.org', password: 'notes on the engine' })
  await on.leads(() => on.page.click('form[action="/first/sample"] button'))
  await says('Undo this import')

  // How everybody stands, who is about to fall, and why somebody of them stands as they do.
  await on.until('everybody was looked at', async () => {
    await on.go('/')
    return (await on.page.$('a[href^="/home/at-risk?"]')) !== null
  })
  await check(on)
  await pictured(on, root, 'home')
  await on.leads(() => on.page.click('a[href^="/home/at-risk?"]'))
  await check(on)
  await on.leads(() => on.page.click('tbody th a'))
  const contact = new URL(on.page.url()).pathname
  await says('Why')
  await check(on)
  await pictured(on, root, 'contact')
  await on.go('/contacts')
  await pictured(on, root, 'contacts')

  // A rule gives more; what that would do is looked at before it counts.
  await on.go('/rules/rule/code')
  await on.submit({ points: '9' }, { button: 'main form[method="post"] button.primary, main form[method="post"] button:not([type=button])' })
  await on.go('/rules/preview')
  await says('would change band')
  await check(on)
  await pictured(on, root, 'preview')
  await on.leads(() => on.page.click('form[action="/rules/publish"] button'))
  await on.until('it is in force', async () => {
    await on.go('/rules')
    return (await on.text()).includes('Version 2 is in force')
  })
  await pictured(on, root, 'rules')
  await on.go('/bands')
  await pictured(on, root, 'bands')

  // It applies to all that was, and the page of the contact says so.
  await on.go(contact)
  await check(on)
  return on.wrong
})
