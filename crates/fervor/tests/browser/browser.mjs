// Chromium with no network but this machine, and pages of which everything that goes wrong is noted.
import { createRequire } from 'node:module'
import { mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// The packages are those of the folder in which a script is run, so that nothing is installed beside this file.
export const require = createRequire(`${process.cwd()}/`)
const puppeteer = require('puppeteer-core')

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
// So long one step may take, and so long all of them together, in milliseconds.
const PATIENCE = 30_000
const IN_ALL = 540_000

// Runs `act` with a browser of its own, and ends with 1 where it fails, or something was noted.
export async function run(act) {
  const profile = await mkdtemp(join(tmpdir(), 'fervor-browser-'))
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM,
    headless: true,
    // It ends with this program, whatever ends this program.
    pipe: true,
    userDataDir: profile,
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-default-browser-check',
      '--no-first-run',
      '--no-proxy-server',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
      '--lang=en-GB',
    ],
  })
  const late = setTimeout(() => {
    console.error(`it took longer than ${IN_ALL / 1000} s`)
    browser.process()?.kill('SIGKILL')
    process.exit(1)
  }, IN_ALL)
  let wrong
  try {
    wrong = await act(browser)
  } catch (error) {
    wrong = [error.stack]
  }
  clearTimeout(late)
  await browser.close()
  await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  wrong?.forEach((one) => console.error(one))
  process.exitCode = wrong?.length > 0 ? 1 : 0
}

// A page that may ask for things at `origin` alone.
export class Page {
  constructor(page, origin) {
    Object.assign(this, { page, origin, wrong: [], bytes: 0, isRefusalExpected: false })
  }

  static async open(browser, origin, { scripts = true } = {}) {
    const context = await browser.createBrowserContext()
    const page = await context.newPage()
    const self = new Page(page, origin)
    page.setDefaultTimeout(PATIENCE)
    page.setDefaultNavigationTimeout(PATIENCE)
    await page.setJavaScriptEnabled(scripts)
    await page.setCacheEnabled(false)
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }])
    await page.setViewport({ width: 1280, height: 900 })
    await self.watch()
    return self
  }

  note(text) {
    this.wrong.push(`${this.page.url()}: ${text}`)
  }

  async watch() {
    const { page } = this
    page.on('pageerror', (error) => this.note(`a script has failed: ${error.message}`))
    page.on('console', (message) => {
      // Answers that are no success are noted below, with their status.
      const isLoud = ['error', 'warn'].includes(message.type()) && !message.text().startsWith('Failed to load resource')
      if (isLoud) this.note(`the console says: ${message.text()}`)
    })
    page.on('dialog', (dialog) => dialog.accept())
    page.on('request', (request) => {
      // A browser draws fields of its own, as that of a date, with pictures it has; the policy lets no page do so.
      const isOwn = ['data:image/svg+xml', `${this.origin}/`].some((own) => request.url().startsWith(own))
      if (!isOwn) this.note(`it asks for ${request.url()}`)
    })
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText
      if (reason !== 'net::ERR_ABORTED') this.note(`${request.url()}: ${reason}`)
    })
    page.on('response', (response) => {
      const isOfPage = response.request().isNavigationRequest()
      // Browsers look for this one by themselves.
      const isIcon = response.url().endsWith('/favicon.ico')
      if (response.status() >= 400 && !isIcon && !(isOfPage && this.isRefusalExpected)) {
        this.note(`${response.url()} was answered with ${response.status()}`)
      }
    })
    const line = await page.createCDPSession()
    await line.send('Network.enable')
    line.on('Network.requestWillBeSent', ({ type, redirectResponse }) => {
      if (type === 'Document' && !redirectResponse) this.bytes = 0
    })
    line.on('Network.loadingFinished', ({ encodedDataLength }) => (this.bytes += encodedDataLength))
  }

  // Goes somewhere, and says whether there is a page of HTML.
  async go(path) {
    const response = await this.page.goto(`${this.origin}${path}`, { waitUntil: 'load' })
    await this.page.waitForNetworkIdle({ idleTime: 50, timeout: 1_500 }).catch(() => {})
    return response.headers()['content-type']?.startsWith('text/html') ?? false
  }

  // Does something that leads to another page. Where it is to be refused, the refusal is no mistake.
  async leads(act, { refused = false } = {}) {
    this.isRefusalExpected = refused
    await Promise.all([this.page.waitForNavigation({ waitUntil: 'load' }), act()])
    this.isRefusalExpected = false
  }

  // Writes into fields by their names, and presses the button that sends them.
  async submit(fields, { button = 'main form button:not([type=button])', ...how } = {}) {
    for (const [name, value] of Object.entries(fields)) await this.fill(name, value)
    await this.leads(() => this.page.click(button), how)
  }

  async fill(name, value) {
    const field = await this.page.waitForSelector(`main [name="${name}"]`)
    const kind = await field.evaluate((one) => one.type ?? '')
    if (kind === 'file') return field.uploadFile(...[value].flat())
    if (kind.startsWith('select')) return this.page.select(`main [name="${name}"]`, ...[value].flat())
    if (kind === 'checkbox') {
      const box = await this.page.$(`main [name="${name}"][value="${value}"]`)
      return (await box.evaluate((one) => one.checked)) ? undefined : box.click()
    }
    if (kind === 'radio') return this.page.click(`main [name="${name}"][value="${value}"]`)
    await field.evaluate((one) => (one.value = ''))
    await field.type(value)
  }

  async logIn(email, password) {
    await this.go('/login')
    await this.submit({ email, password })
    const path = new URL(this.page.url()).pathname
    if (path === '/login') throw new Error('nobody is logged in')
  }

  // The text of the page as people see it.
  text(selector = 'main') {
    return this.page.$eval(selector, (one) => one.innerText)
  }

  async until(what, isSo, patience = PATIENCE) {
    for (const begun = Date.now(); Date.now() - begun < patience; await new Promise((done) => setTimeout(done, 100))) {
      // While one page takes the place of another, neither can be asked.
      if (await isSo().catch(() => false)) return
    }
    throw new Error(`${this.page.url()}: it does not come about that ${what}; it says: ${await this.text()}`)
  }
}
