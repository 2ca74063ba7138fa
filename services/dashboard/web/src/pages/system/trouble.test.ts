import { beforeEach, expect, test, vi } from 'vitest'

vi.mock('../../api/client', () => {
  class Refused extends Error {
    problem: unknown
    constructor(problem: { title: string }) {
      super(problem.title)
      this.problem = problem
    }
  }
  return { api: {}, Refused }
})

import { Refused } from '../../api/client'
import type { FailingEndpoint } from '../../api/shapes'
import type { Seen } from '../../live/seen'
import type { Said } from './services'
import { isWhole, keyOf, troubles, type Known } from './trouble'

const AT = new Date('2026-03-01T03:00:00Z')
const EARLIER = '2026-03-01T02:50:00Z'
const NONE = { consumer: 'alerts', waits: false, handled_until: AT.toISOString(), absent_since: null }
let known: Known

function seen<Data>(data: Data | null, error: unknown = null): Seen<Data> {
  return { data, error, readAt: data ? AT : null }
}

function said(changes: Partial<Said> = {}): Said {
  return {
    mission: 'unmx',
    version: '0.2.0',
    running_since: EARLIER,
    workers: [{ worker: 'relay', runs: true, problem: null }],
    outbox: { waiting: 0, oldest_seconds: null },
    consumers: [NONE],
    dead_letters: 0,
    stream_clients: 1,
    at: AT,
    ...changes,
  }
}

function endpoint(changes: Partial<FailingEndpoint>): FailingEndpoint {
  return {
    subscription_id: 'one',
    name: 'Convoy cell',
    state: 'active',
    state_reason: null,
    suspended_at: null,
    failing_since: null,
    waiting: 3,
    waiting_since: EARLIER,
    held: null,
    last_error: null,
    ...changes,
  }
}

function refused(status: number, detail: string): Refused {
  return new Refused({ type: 'about:blank', code: 'unavailable', title: 'Refused', status, detail })
}

beforeEach(() => {
  known = {
    services: { incidents: seen(said({ consumers: [] })), alerts: seen(said()), analytics: seen(said()) },
    endpoints: seen<FailingEndpoint[]>([]),
    letters: { alerts: seen([]), analytics: seen([]) },
  }
})

const kinds = () => troubles(known).map(({ kind, service }) => (service ? `${kind} ${service}` : kind))

test('nothing is wrong where everything was read and answers as it should', () => {
  expect(kinds()).toEqual([])
  expect(isWhole(known)).toBe(true)
})

test('what was not read yet is not wrong, and is not said to work', () => {
  known.services.alerts = seen<Said>(null)
  expect(kinds()).toEqual([])
  expect(isWhole(known)).toBe(false)
})

test('a link that is cut is one thing, whatever was wrong before', () => {
  known.services.alerts = seen(said({ dead_letters: 4 }))
  for (const one of Object.values(known.services)) one.error = new TypeError('no answer')
  expect(kinds()).toEqual(['cut'])
  expect(isWhole(known)).toBe(false)
})

test('one service that does not answer is named, and nothing is said by what it answered before', () => {
  known.services.analytics = seen(said({ dead_letters: 4 }), new TypeError('no answer'))
  expect(kinds()).toEqual(['away analytics'])
})

test('a service that is not ready says what it lacks', () => {
  known.services.alerts = seen<Said>(null, refused(503, 'Run clearway migrate.'))
  expect(troubles(known)[0]).toMatchObject({ kind: 'unready', gravity: 4, said: 'Run clearway migrate.' })
})

test('the gravest is first', () => {
  known.services.incidents = seen(said({ version: '0.1.0', consumers: [] }))
  known.services.alerts = seen(said({ dead_letters: 1 }))
  known.services.analytics = seen(
    said({ dead_letters: 2, workers: [{ worker: 'relay', runs: false, problem: 'OSError' }] }),
  )
  expect(kinds()).toEqual(['worker analytics', 'letters alerts', 'letters analytics', 'versions'])
})

test('a task without which nobody is warned is graver than another', () => {
  const workers = ['consumer', 'measuring'].map((worker) => ({ worker, runs: false, problem: 'OSError' }))
  known.services.alerts = seen(said({ workers }))
  expect(troubles(known).map(({ name, gravity, said }) => [name, gravity, said])).toEqual([
    ['consumer', 4, 'OSError'],
    ['measuring', 3, 'OSError'],
  ])
})

test.each([
  [30, []],
  [31, ['outbox incidents']],
])('an outbox whose oldest event waits for %d seconds', (oldest_seconds, expected) => {
  known.services.incidents = seen(said({ consumers: [], outbox: { waiting: 2, oldest_seconds } }))
  expect(kinds()).toEqual(expected)
})

test('a broker that is away is said once, not for each consumer', () => {
  const consumers = [{ ...NONE, waits: null, handled_until: null }]
  known.services.alerts = seen(said({ consumers }))
  known.services.analytics = seen(said({ consumers }))
  expect(kinds()).toEqual(['broker'])
})

test.each([
  ['late', { handled_until: EARLIER }, ['behind alerts']],
  ['busy', { waits: true }, []],
  ['absent while something waits', { waits: true, handled_until: null, absent_since: EARLIER }, ['absent alerts']],
  ['absent for a moment', { waits: true, absent_since: AT.toISOString() }, []],
  ['absent while another process takes everything', { handled_until: EARLIER, absent_since: EARLIER }, []],
])('a consumer that is %s', (_, changes, expected) => {
  known.services.alerts = seen(said({ consumers: [{ ...NONE, ...changes }] }))
  expect(kinds()).toEqual(expected)
})

test('an endpoint is wrong when it fails or is disabled, not when its messages wait on purpose', () => {
  known.endpoints = seen([
    endpoint({ failing_since: EARLIER, last_error: 'Connection refused' }),
    endpoint({ subscription_id: 'two', state: 'disabled', state_reason: 'failed for five days' }),
    endpoint({ subscription_id: 'three', state: 'paused', held: 'the subscription is paused' }),
    endpoint({ subscription_id: 'four', held: 'quiet hours' }),
  ])
  expect(troubles(known).map(({ kind, at, said }) => [kind, at, said])).toEqual([
    ['failing', '/subscriptions/one', 'Connection refused'],
    ['disabled', '/subscriptions/two', 'failed for five days'],
  ])
})

test('a list that cannot be read is wrong too', () => {
  known.letters = { alerts: seen<unknown>([], refused(500, 'Look at the log.')), analytics: seen([]) }
  known.endpoints.error = refused(500, 'Look at the log.')
  expect(troubles(known).map(({ kind, at }) => [kind, at])).toEqual([
    ['unread', '#endpoints'],
    ['unread', '#dead-letters'],
  ])
  expect(isWhole(known)).toBe(false)
})

test('a key that may not see dead letters misses none of them', () => {
  known.letters = null
  expect(isWhole(known)).toBe(true)
})

test('no two troubles have one name', () => {
  const wrong = new TypeError('no answer')
  known.letters = { alerts: seen<unknown>(null, wrong), analytics: seen<unknown>(null, wrong) }
  known.endpoints = seen([
    endpoint({ failing_since: EARLIER }),
    endpoint({ subscription_id: 'two', state: 'disabled' }),
  ])
  const late = ['alerts', 'other'].map((consumer) => ({ ...NONE, consumer, handled_until: EARLIER }))
  const workers = ['relay', 'stream'].map((worker) => ({ worker, runs: false, problem: 'OSError' }))
  known.services.alerts = seen(said({ consumers: late, workers, dead_letters: 1 }))
  known.services.analytics = seen(said({ consumers: late, workers, dead_letters: 1 }))
  const names = troubles(known).map(keyOf)
  expect(new Set(names).size).toBe(names.length)
})
