// Checks every page that links lead to, from the first one on:
//   node every_page.mjs HOST EMAIL PASSWORD
// Of pages that are alike, such as those of one contact each, some stand for all.
import { Page, run } from './browser.mjs'
import { check } from './checks.mjs'

const [host, email, password] = process.argv.slice(2)
// So many of those that are alike: of one folder, and with the same parameters.
const WORDS_MAX = 8
const OTHERS_MAX = 2

function alike(url) {
  // What is no plain word is an id.
  const parts = url.pathname.split('/').map((part) => (/^[a-z-]*$/.test(part) ? part : '*'))
  const query = [...url.searchParams.keys()].sort().join('&')
  if (query) return [`${parts.join('/')}?${query}`, 1]
  if (parts.includes('*')) return [parts.join('/'), OTHERS_MAX]
  return [parts.slice(0, -1).join('/'), WORDS_MAX]
}

await run(async (browser) => {
  const on = await Page.open(browser, host)
  await on.go('/login')
  await check(on)
  await on.logIn(email, password)
  const [waiting, seen, counts, checked] = [['/'], new Set(['/']), new Map(), []]
  while (waiting.length > 0) {
    const path = waiting.shift()
    if (!(await on.go(path))) continue
    checked.push(path)
    await check(on)
    const links = await on.page.$$eval('a[href]:not([download])', (all) => all.map((one) => one.href))
    for (const link of links) {
      const url = new URL(link)
      const address = url.pathname + url.search
      const isPage = url.origin === host && !/^\/(v1|assets|docs|openapi)/.test(url.pathname)
      if (!isPage || seen.has(address)) continue
      seen.add(address)
      const [kind, most] = alike(url)
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
      if (counts.get(kind) <= most) waiting.push(address)
    }
  }
  console.log(JSON.stringify(checked))
  return on.wrong
})
