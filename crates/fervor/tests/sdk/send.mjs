// Sends one visitor's story with a real SDK, as its users would:
//   node send.mjs segment-node|rudder-node HOST WRITE_KEY [--duplicates] [--gzip]
// Ends with 0 once everything was delivered. What is sent, and to whom it belongs, is told in README.md. The SDKs are
// those of the folder in which it is run, so that nothing is installed beside this file.
import { createRequire } from 'node:module'

const require = createRequire(`${process.cwd()}/`)
const [sdk, host, key, ...options] = process.argv.slice(2)
const failures = []

const open = {
  'segment-node': () => {
    const { Analytics } = require('@segment/analytics-node')
    const analytics = new Analytics({ writeKey: key, host })
    analytics.on('error', (error) => failures.push(error.reason ?? error))
    // Without a limit of its own it would give up on the last batch after some seconds.
    const patience = { timeout: 120_000 }
    return {
      call: (kind, message, done) => analytics[kind](message, done),
      flush: () => analytics.flush(patience),
      close: () => analytics.closeAndFlush(patience),
    }
  },
  'rudder-node': () => {
    const Analytics = require('@rudderstack/rudder-sdk-node')
    const analytics = new Analytics(key, { dataPlaneUrl: host, logLevel: 'error', errorHandler: (e) => failures.push(e) })
    const flush = async () => {
      do await analytics.flush()
      while (analytics.queue.length > 0)
    }
    return { call: (kind, message, done) => analytics[kind](message, done), flush, close: flush }
  },
}[sdk]
const known = ['--duplicates', '--gzip']
if (!open || !key || options.some((option) => !known.includes(option))) {
  console.error('usage: node send.mjs segment-node|rudder-node HOST WRITE_KEY [--duplicates] [--gzip]')
  process.exit(2)
}
if (sdk === 'segment-node' && options.includes('--gzip')) {
  console.error('segment-node cannot compress what it sends')
  process.exit(2)
}

const begin = performance.now()
const { call, flush, close } = open()
const delivered = []
const send = (kind, message) => delivered.push(new Promise((resolve) => {
  call(kind, message, (error) => {
    if (error) failures.push(error)
    resolve()
  })
}))

const [userId, anonymousId, groupId] = [`${sdk}-1`, `${sdk}-anon-1`, `${sdk}-acme`]
const page = { name: 'Pricing', properties: { url: 'https://association.example/pricing' } }
send('page', { anonymousId, ...page })
send('track', { anonymousId, event: 'Link Clicked', properties: { campaign: 'join-01' } })
send('identify', { userId, anonymousId, traits: { email: `${sdk}@example.org`, plan: 'gold' } })
const attended = new Date('2026-05-01T10:00:00Z')
send('track', { userId, event: 'Event Attended', properties: { name: 'AGM', value: 20 }, timestamp: attended })
send('track', { userId, event: 'Order Completed', properties: { revenue: '49.90' } })
send('group', { userId, groupId, traits: { name: 'ACME' } })
send('page', { userId, ...page })
send('screen', { userId, name: 'Home' })
send('alias', { userId, previousId: `${sdk}-old-1` })
if (options.includes('--duplicates')) {
  const twice = { userId, event: 'Badge Earned', messageId: `${sdk}-badge`, timestamp: attended }
  send('track', twice)
  send('track', twice)
  await flush()
  send('track', twice)
}
await close()
await Promise.all(delivered)

const seconds = Math.round(performance.now() - begin) / 1000
console.log(JSON.stringify({ sdk, sent: delivered.length, seconds }))
failures.forEach((failure) => console.error(`not delivered: ${failure}`))
process.exitCode = failures.length > 0 ? 1 : 0
