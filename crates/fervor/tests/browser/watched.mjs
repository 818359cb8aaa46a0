// Whether what is wrong with a page is noticed: pages that are wrong in one way each, and one that is right.
//   node watched.mjs
import { createServer } from 'node:http'
import { Page, run } from './browser.mjs'
import { check } from './checks.mjs'

const page = (main, head = '') => `<!doctype html><html lang="en"><head><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style nonce="n">button { min-width: 3rem;
min-height: 2rem } .shy:focus { outline: none } .wide { width: 500px }</style>${head}</head>
<body><main><h1>A page</h1>${main}</main></body></html>`
const PAGES = {
  '/right': [page('<button>Go on</button>'), undefined],
  '/elsewhere': [page('<img alt="" src="http://192.0.2.1/a.png">'), 'it asks for http://192.0.2.1/a.png'],
  '/named': [page('<img alt="" src="https://cdn.example/a.png">'), 'ERR_NAME_NOT_RESOLVED'],
  '/missing': [page('<img alt="" src="/nowhere.png">'), '/nowhere.png was answered with 404'],
  '/policy': [page('<p style="color: red">Red</p>'), 'Content Security Policy'],
  '/thrown': [page('', '<script nonce="n">throw new Error("broken")</script>'), 'a script has failed: broken'],
  '/said': [page('', '<script nonce="n">console.warn("old")</script>'), 'the console says: old'],
  '/unlabelled': [page('<form><input name="a"></form>'), 'label'],
  '/faint': [page('<p class="faint">Faint</p>', '<style nonce="n">.faint { color: #bbb }</style>'), 'light, 375 px: color-contrast'],
  '/dark': [page('<p>Dark</p>', '<style nonce="n">@media (prefers-color-scheme: dark) { p { color: #ddd } }</style>'), 'dark, 1280 px: color-contrast'],
  '/wide': [page('<div class="wide">Wide</div>'), 'at 375 px it is wider than the window'],
  '/shy': [page('<button class="shy">Go on</button>'), 'nobody sees it'],
  '/large': [page(`<!--${'x'.repeat(150_000)}-->`), 'and may take 150000'],
}

const server = createServer((request, response) => {
  const [body] = PAGES[request.url] ?? []
  response.writeHead(body ? 200 : 404, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; img-src *; style-src 'nonce-n'; script-src 'nonce-n'",
  })
  response.end(body)
})
await new Promise((done) => server.listen(0, '127.0.0.1', done))

await run(async (browser) => {
  const wrong = []
  for (const [path, [, expected]] of Object.entries(PAGES)) {
    const on = await Page.open(browser, `http://127.0.0.1:${server.address().port}`)
    // Links to elsewhere are not waited for.
    await on.go(path).catch(() => {})
    await check(on)
    const isAsExpected = expected ? on.wrong.some((one) => one.includes(expected)) : on.wrong.length === 0
    if (!isAsExpected) wrong.push(`${path}: expected ${expected}, noted: ${on.wrong.join('\n')}`)
    await on.page.browserContext().close()
  }
  server.close()
  return wrong
})
