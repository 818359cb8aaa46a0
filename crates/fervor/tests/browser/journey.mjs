// From the first link to what a website tells, as somebody does it who has just installed the service:
//   node journey.mjs HOST SETUP FILE [SDK]
// SDK is the program that sends a story with a tracking SDK, and the folder in which it finds it: PROGRAM:FOLDER.
import { spawnSync } from 'node:child_process'
import { Page, run } from './browser.mjs'
import { check, pictured } from './checks.mjs'

const [host, setup, file, sdk] = process.argv.slice(2)
const root = new URL('../../../..', import.meta.url).pathname

await run(async (browser) => {
  const on = await Page.open(browser, host)
  const says = (text) => on.until(`it says “${text}”`, async () => (await on.text()).includes(text))

  await on.go(`/setup/${setup}`)
  await check(on)
  await on.submit({ name: 'Ada', email: 'ada@example.org', password: 'notes on the engine' })
  await says('How would you like to begin?')
  await check(on)

  await on.leads(() => on.page.click('main a[href="/imports/new"]'))
  await on.submit({ file })
  await check(on)
  await on.leads(() => on.page.click('button[value=check]'))
  await says('Would be taken')
  await on.leads(() => on.page.click('button[value=import]'))
  await says('Undo this import')
  await check(on)
  await pictured(on, root, 'import')

  await on.page.click('details:has(form[action$="/undo"]) summary')
  await on.leads(() => on.page.click('form[action$="/undo"] button'))
  await says('are not there any more')
  await check(on)

  await on.go('/settings/keys')
  await on.submit({ name: 'website', scope: 'ingest' }, { button: 'form[action="/settings/keys"] button' })
  const key = await on.page.$eval('#key', (one) => one.value)
  await check(on)

  await on.go('/sources')
  await says('Nothing has arrived')
  if (sdk) {
    const [program, folder] = sdk.split(':')
    const sent = spawnSync('node', [program, 'segment-node', host, key], { cwd: folder, encoding: 'utf8', timeout: 60_000 })
    if (sent.status !== 0) throw new Error(`the SDK has failed: ${sent.stdout}${sent.stderr}`)
    await says('Event Attended')
    await check(on)
    await pictured(on, root, 'sources')
  }
  return on.wrong
})
