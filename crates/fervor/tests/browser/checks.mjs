// What every page has to be: accessible as axe can tell, no wider than the window, small, and usable by the keyboard.
import { mkdir, readFile } from 'node:fs/promises'
import { require } from './browser.mjs'

const axe = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const BYTES_MAX = 150_000
const [WIDE, NARROW, NARROWEST] = [1280, 375, 320]
// Where pictures of the pages go: for the manual where it is renewed, and for whoever wants to look at them.
const PICTURES = process.env.FERVOR_PICTURES

// Checks the page that is shown, and notes what is wrong with it.
export async function check(on) {
  const { page } = on
  if (on.bytes > BYTES_MAX) on.note(`it takes ${on.bytes} bytes, and may take ${BYTES_MAX}`)
  for (const theme of ['light', 'dark']) {
    await look(on, theme)
    for (const width of [WIDE, NARROW]) {
      await page.setViewport({ width, height: 900 })
      await accessible(on, `${theme}, ${width} px`)
      if (PICTURES) await picture(on, `${PICTURES}/${name(page.url())}-${theme}-${width}.png`, true)
    }
  }
  await look(on, 'light')
  for (const width of [WIDE, NARROW, NARROWEST]) await fits(on, width)
  await page.setViewport({ width: WIDE, height: 900 })
  await focus(on)
}

export function look(on, theme) {
  return on.page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: theme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ])
}

async function accessible(on, how) {
  if (!(await on.page.evaluate(() => 'axe' in window))) await on.page.evaluate(axe)
  const violations = await on.page.evaluate(async (rules) => {
    const options = { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'], preload: false }
    const { violations } = await window.axe.run(document, options)
    return violations.map(({ id, help, nodes }) => ({
      id, help, nodes: nodes.slice(0, 3).map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
    }))
  }, RULES)
  for (const { id, help, nodes } of violations) on.note(`${how}: ${id}: ${help}\n    ${nodes.join('\n    ')}`)
}

// Nobody has to scroll sideways, but for a table within its own region.
async function fits(on, width) {
  await on.page.setViewport({ width, height: 900 })
  const wide = await on.page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return undefined
    const all = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > clientWidth)
    const shown = all.slice(0, 3).map((one) => `${one.tagName.toLowerCase()}.${[...one.classList].join('.')}`)
    return `${scrollWidth} px: ${shown.join(', ')}`
  })
  if (wide) on.note(`at ${width} px it is wider than the window: ${wide}`)
}

// Whatever the keyboard comes to shows that it did.
async function focus(on) {
  await on.page.evaluate(() => document.activeElement?.blur())
  for (let step = 0; step < 40; step += 1) {
    await on.page.keyboard.press('Tab')
    const lost = await on.page.evaluate(() => {
      const one = document.activeElement
      if (!one || one === document.body) return 'end'
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one)
      const isSeen = (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none'
      const { width, height } = one.getBoundingClientRect()
      return isSeen && width > 0 && height > 0 ? undefined : one.outerHTML.slice(0, 120)
    })
    if (lost === 'end') return
    if (lost) on.note(`the keyboard is here, and nobody sees it: ${lost}`)
  }
}

function name(url) {
  const { pathname, search } = new URL(url)
  return (pathname + search).replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'home'
}

async function picture(on, path, fullPage) {
  await mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true })
  await on.page.screenshot({ path, fullPage })
}

// A picture for the manual, where it is to be renewed.
export async function pictured(on, root, what) {
  if (!process.env.FERVOR_UPDATE) return
  // As one finds it, whatever was looked at last.
  await on.page.evaluate(() => (document.activeElement?.blur(), scrollTo(0, 0)))
  for (const theme of ['light', 'dark']) {
    await look(on, theme)
    await picture(on, `${root}/docs/images/${what}-${theme}.png`, false)
  }
  await look(on, 'light')
}
