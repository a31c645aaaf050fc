// Sends one call of each kind with Segment's library for Node, and ends when
// all were delivered.
import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({
  writeKey: process.env.FAROL_KEY, host: process.env.FAROL_ADDRESS, flushAt: 6, flushInterval: 100,
})
const failures = []
analytics.on('error', (e) => failures.push(e))

const context = { groupId: 'acct-9' }
analytics.identify({ userId: 'u1', anonymousId: 'a1', traits: { name: 'Ana' } })
analytics.group({ userId: 'u1', groupId: 'acct-1', traits: { plan: 'pro' } })
analytics.track({ userId: 'u1', event: 'Report Created', properties: { rows: 3, note: 'é\u0000\ud800' }, context })
analytics.page({ userId: 'u1', name: 'Home', category: 'Docs' })
analytics.screen({ userId: 'u1', name: 'Start' })
analytics.alias({ userId: 'u1', previousId: 'a2' })
await analytics.closeAndFlush({ timeout: 30000 })

if (failures.length > 0) {
  console.error(failures)
  process.exit(1)
}
