// Sends one call of each kind with RudderStack's library for Node, as gzip
// that calls itself a form, and ends when all were delivered.
import RudderAnalytics from '@rudderstack/rudder-sdk-node'

const analytics = new RudderAnalytics(process.env.FAROL_KEY, { dataPlaneUrl: process.env.FAROL_ADDRESS, flushAt: 6, flushInterval: 100 })
analytics.identify({ userId: 'u1', anonymousId: 'a1', traits: { name: 'Ana' } })
analytics.group({ userId: 'u1', groupId: 'acct-1', traits: { plan: 'pro' } })
analytics.track({ userId: 'u1', event: 'Report Created', properties: { rows: 3 }, context: { groupId: 'acct-9' } })
analytics.page({ userId: 'u1', name: 'Home', category: 'Docs' })
analytics.screen({ userId: 'u1', name: 'Start' })
analytics.alias({ userId: 'u1', previousId: 'a2' })
await analytics.flush()
