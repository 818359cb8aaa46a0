// A file is imported through the pages, each of which is checked on the way:
//   node wizard.mjs HOST EMAIL PASSWORD FILE
import { Page, run } from './browser.mjs'
import { check } from './checks.mjs'

const [host, email, password, file] = process.argv.slice(2)

await run(async (browser) => {
  const on = await Page.open(browser, host)
  await on.logIn(email, password)
  await on.go('/imports/new')
  await check(on)
  await on.submit({ file })
  await check(on)
  await on.leads(() => on.page.click('button[value=check]'))
  await on.until('it was tried', async () => (await on.text()).includes('Would be taken'))
  await check(on)
  await on.leads(() => on.page.click('button[value=import]'))
  await on.until('it is imported', async () => /Taken/.test(await on.text()))
  await check(on)
  return on.wrong
})
