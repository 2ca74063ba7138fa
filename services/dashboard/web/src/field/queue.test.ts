import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, expect, test } from 'vitest'
import type { SentReport } from '../api/shapes'
import { emptyDraft, type Draft } from './draft'
import { isOpen, LONGEST_ASKED_MS, newEntry, queued, typed, waitAfter, type Entry } from './entry'
import { Queue, type Locks } from './queue'
import { sender, type Answer, type Send } from './sending'
import { Store } from './store'

const NOW = new Date('2026-02-28T06:00:00Z')
const DRAFT: Draft = {
  ...emptyDraft({ organisation: 'Convoy 12', role: 'commander' }),
  category: 'ied',
  outcome: 'found_not_cleared',
  place: { by: 'device', longitude: -3.9962, latitude: 17.0421, uncertaintyM: 12 },
  at: '2026-02-28T05:40:00.000Z',
  narrative: 'Object at the culvert.',
}
const LATER: Answer = { is: 'later', waitMs: 0 }

/** What the API does: a repeat is known by its key and by its id, each with the same content. */
class Api {
  incidents = new Map<string, string>()
  requests: { key: string | null; authorization: string | null; body: SentReport }[] = []
  /** What becomes of each answer, in order: it arrives, it is lost after the report is recorded, or it is this one. */
  fates: ('arrives' | 'lost' | Response)[] = []

  send: Send = sender('https://clearway.example', async (request) => {
    const text = await request.text()
    const body = JSON.parse(text) as SentReport
    const { headers } = request
    this.requests.push({ key: headers.get('idempotency-key'), authorization: headers.get('authorization'), body })
    const fate = this.fates.shift() ?? 'arrives'
    if (fate instanceof Response) return fate
    const id = body.incident_id ?? ''
    const known = this.incidents.get(id)
    if (known !== undefined && known !== text) return problem(409, 'conflict')
    this.incidents.set(id, text)
    if (fate === 'lost') throw new TypeError('the link is cut')
    return recordedAs(id)
  })
}

function recordedAs(id: string): Response {
  return Response.json({ incident_id: id, time: { recorded_at: '2026-02-28T06:00:01Z' } }, { status: 201 })
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const errors = [{ field: 'body.category', pointer: '/category', problem: 'is unknown', remedy: 'Choose one.' }]
  return new Response(JSON.stringify({ type: 'about:blank', code, title: code, status, errors }), {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
  })
}

/** Locks as a browser has them, for one name: the next one gets it when the one before is done. */
function oneLock(): Locks {
  let last: Promise<unknown> = Promise.resolve()
  const request = (_name: string, _options: LockOptions, work: () => Promise<unknown>) => {
    last = last.catch(() => undefined).then(work)
    return last
  }
  return { request } as unknown as Locks
}

let now: number
let store: Store
let api: Api

const queueOf = (send: Send, locks?: Locks) =>
  new Queue({ store, send, now: () => now, random: () => 0.5, ...(locks && { locks }) })

async function given(draft = DRAFT): Promise<Entry> {
  const entry = newEntry(draft, NOW)
  await store.add(queued(entry, NOW))
  return entry
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  now = NOW.getTime()
  store = new Store()
  api = new Api()
})

test('a report exists once though two answers are lost and the page is restarted after each', async () => {
  const { id, key } = await given()
  api.fates = ['lost', 'lost']
  for (let restart = 0; restart < 3; restart++) {
    await queueOf(api.send).run('cwk_key', true)
    await store.close()
    store = new Store()
  }
  expect([...api.incidents.keys()]).toEqual([id])
  expect(api.requests.map((request) => request.key)).toEqual([key, key, key])
  expect(new Set(api.requests.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  expect(await store.get(id)).toMatchObject({ state: 'sent', sentAt: '2026-02-28T06:00:01Z', body: null })
})

test('what is sent is not sent again, and its content is no longer on the device', async () => {
  const { id } = await given()
  await queueOf(api.send).run('cwk_key')
  expect(await queueOf(api.send).run('cwk_key', true)).toEqual({ nextAt: null, needsKey: false })
  expect(api.requests).toHaveLength(1)
  expect((await store.get(id))?.draft).toMatchObject({ category: 'ied', narrative: '', place: null, organisation: '' })
})

test('a page that ended while it was sending leaves a report that is sent again', async () => {
  const { id } = await given()
  await store.change(id, (entry) => ({ ...entry, state: 'sending', attempts: 1 }))
  await queueOf(api.send).run('cwk_key')
  expect((await store.get(id))?.state).toBe('sent')
})

test.each([
  ['a server that fails', () => problem(500, 'internal')],
  ['a server that is busy', () => problem(503, 'unavailable')],
  ['too many requests', () => problem(429, 'too_many')],
  ['the sign-in page of another network', () => new Response('<html>', { status: 200 })],
  ['a proxy that refuses', () => new Response('<html>', { status: 403 })],
  ['an answer about another report', () => recordedAs('other')],
])('%s does not end the wait', async (_what, answer) => {
  const { id } = await given()
  api.fates = [answer()]
  const { nextAt } = await queueOf(api.send).run('cwk_key')
  expect(await store.get(id)).toMatchObject({ state: 'waiting', attempts: 1, dueAt: nextAt })
  expect(nextAt).toBe(now + waitAfter(1, 0.5))
})

test('the waits grow to five minutes, spread, and are never shorter than the server asks for', () => {
  expect([1, 2, 3, 4].map((attempts) => waitAfter(attempts, 0.5))).toEqual([2000, 4000, 8000, 16000])
  expect(waitAfter(40, 0.5)).toBe(300_000)
  expect(waitAfter(1, 0)).toBeLessThan(waitAfter(1, 0.99))
  expect(waitAfter(1, 0.5, 60_000)).toBe(60_000)
})

test('the server says how long to wait', async () => {
  await given()
  api.fates = [problem(503, 'unavailable', { 'Retry-After': '120' })]
  expect((await queueOf(api.send).run('cwk_key')).nextAt).toBe(now + 120_000)
})

test('before its time a report is tried only when the link is back', async () => {
  const { id } = await given()
  const queue = queueOf(api.send)
  api.fates = [problem(503, 'unavailable')]
  await queue.run('cwk_key')
  await queue.run('cwk_key')
  expect(api.requests).toHaveLength(1)
  now += 1
  await queue.run('cwk_key', true)
  expect((await store.get(id))?.state).toBe('sent')
})

test('one that cannot be delivered does not stop the next one', async () => {
  const first = await given()
  const second = newEntry(DRAFT, new Date(NOW.getTime() + 1))
  await store.add(queued(second, NOW))
  api.fates = [problem(503, 'unavailable')]
  await queueOf(api.send).run('cwk_key')
  expect((await store.get(first.id))?.state).toBe('waiting')
  expect((await store.get(second.id))?.state).toBe('sent')
})

test('without a key, and with one that is refused, reports wait and a key is asked for', async () => {
  const { id } = await given()
  await given()
  expect(await queueOf(api.send).run(null)).toMatchObject({ needsKey: true })
  expect(api.requests).toHaveLength(0)
  api.fates = [problem(401, 'bad_key')]
  expect(await queueOf(api.send).run('cwk_old')).toMatchObject({ needsKey: true })
  expect(api.requests).toHaveLength(1)
  expect(await store.get(id)).toMatchObject({ state: 'waiting', attempts: 0 })
  expect(await queueOf(api.send).run('cwk_new')).toEqual({ nextAt: null, needsKey: false })
  expect(api.requests.at(-1)?.authorization).toBe('Bearer cwk_new')
  expect(api.incidents.size).toBe(2)
})

test('what is refused says why, is changed, and is sent under the same names', async () => {
  const { id, key } = await given()
  api.fates = [problem(422, 'invalid')]
  await queueOf(api.send).run('cwk_key')
  const refused = await store.get(id)
  expect(refused).toMatchObject({ state: 'refused', problem: { status: 422, errors: [{ remedy: 'Choose one.' }] } })
  expect(await queueOf(api.send).run('cwk_key', true)).toEqual({ nextAt: null, needsKey: false })
  expect(api.requests).toHaveLength(1)

  await store.change(id, (entry) => typed(entry, { ...DRAFT, category: 'landmine' }))
  expect((await store.get(id))?.state).toBe('refused')
  await store.change(id, (entry) => queued(entry, NOW))
  await queueOf(api.send).run('cwk_key')
  expect(api.requests.at(-1)).toMatchObject({ key, body: { incident_id: id, category: 'landmine' } })
  expect(await store.get(id)).toMatchObject({ state: 'sent', problem: null })
})

test('two windows send one at a time, and each report once', async () => {
  const ids = [await given(), await given(), await given()].map(({ id }) => id)
  let running = 0
  let most = 0
  const slowly: Send = async (entry, key) => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setTimeout(resolve))
    const answer = await api.send(entry, key)
    running -= 1
    return answer
  }
  const locks = oneLock()
  await Promise.all([queueOf(slowly, locks).run('cwk_key', true), queueOf(slowly, locks).run('cwk_key', true)])
  expect(most).toBe(1)
  expect(api.requests.map(({ body }) => body.incident_id).sort()).toEqual(ids.sort())
})

test('a window that sleeps with the lock does not stop another one', async () => {
  const { id } = await given()
  const held = { request: () => Promise.reject(new DOMException('', 'TimeoutError')) } as unknown as Locks
  await queueOf(api.send, held).run('cwk_key')
  expect((await store.get(id))?.state).toBe('sent')
})

test('what another window sent meanwhile stays sent', async () => {
  const { id } = await given()
  const slow: Send = async () => {
    await queueOf(api.send).run('cwk_key', true)
    return LATER
  }
  await queueOf(slow).run('cwk_key')
  expect((await store.get(id))?.state).toBe('sent')
})

test('an answer that comes late does not undo what another window heard, nor what a person corrects since', async () => {
  const { id } = await given()
  const slow: Send = async () => {
    api.fates = [problem(422, 'invalid')]
    await queueOf(api.send).run('cwk_key', true)
    await store.change(id, (entry) => typed(entry, { ...DRAFT, narrative: 'Two objects.' }))
    return LATER
  }
  await queueOf(slow).run('cwk_key')
  expect(await store.get(id)).toMatchObject({ state: 'refused', draft: { narrative: 'Two objects.' } })
  await store.change(id, (entry) => queued(entry, NOW))
  expect(await queueOf(api.send).run('cwk_key')).toEqual({ nextAt: null, needsKey: false })
  expect(api.requests.at(-1)?.body.narrative).toBe('Two objects.')
})

test('one that may have arrived before it was refused is sent again as it was, unless it is changed', async () => {
  const { id } = await given()
  api.fates = ['lost', problem(403, 'not_permitted')]
  await queueOf(api.send).run('cwk_key', true)
  await queueOf(api.send).run('cwk_less', true)
  expect((await store.get(id))?.state).toBe('refused')
  await store.change(id, (entry) => queued(entry, new Date(NOW.getTime() + 60_000)))
  await queueOf(api.send).run('cwk_key')
  expect(await store.get(id)).toMatchObject({ state: 'sent' })
  expect([...api.incidents.keys()]).toEqual([id])
})

test.each([
  ['at once by a key that may not report', [problem(403, 'not_permitted')]],
  ['for its content', [problem(503, 'unavailable'), problem(422, 'invalid')]],
])('one that was refused %s has a new moment when it is sent again', async (_how, answers) => {
  const { id } = await given()
  api.fates = [...answers]
  for (const _ of answers) await queueOf(api.send).run('cwk_key', true)
  expect((await store.get(id))?.state).toBe('refused')
  await store.change(id, (entry) => queued(entry, new Date('2026-02-28T07:00:00Z')))
  await queueOf(api.send).run('cwk_key')
  expect(api.requests.at(-1)?.body.time.reported_at).toBe('2026-02-28T07:00:00.000Z')
})

test('a clock that is set back does not make a report wait until it is that late again', async () => {
  const { id } = await given()
  api.fates = [problem(503, 'unavailable')]
  await queueOf(api.send).run('cwk_key')
  now -= 86_400_000
  await queueOf(api.send).run('cwk_key')
  expect((await store.get(id))?.state).toBe('sent')
})

test('a server does not make a report wait for days', async () => {
  await given()
  api.fates = [problem(429, 'too_many', { 'Retry-After': '4000000' })]
  expect((await queueOf(api.send).run('cwk_key')).nextAt).toBe(now + LONGEST_ASKED_MS)
})

test('a report that waits may be changed until it was tried, and not after', async () => {
  const { id } = await given()
  const waiting = await store.get(id)
  expect(waiting && isOpen(waiting)).toBe(true)
  await store.change(id, (entry) => typed(entry, { ...DRAFT, narrative: 'Two objects.' }))
  expect(await store.get(id)).toMatchObject({ state: 'draft', body: null })
  await store.change(id, (entry) => queued(entry, NOW))
  api.fates = ['lost']
  await queueOf(api.send).run('cwk_key')
  await store.change(id, (entry) => typed(entry, DRAFT))
  expect(await store.get(id)).toMatchObject({ state: 'waiting', draft: { narrative: 'Two objects.' } })
})

test('a draft is not sent', async () => {
  await store.add(newEntry(DRAFT, NOW))
  expect(await queueOf(api.send).run('cwk_key', true)).toEqual({ nextAt: null, needsKey: false })
  expect(api.requests).toHaveLength(0)
})
