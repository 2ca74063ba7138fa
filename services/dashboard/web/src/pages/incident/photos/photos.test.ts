import { expect, test, vi } from 'vitest'

const server = vi.hoisted(() => {
  // An address without a host is one of the page's own.
  const Own = class extends Request {
    constructor(from: string | URL | Request, init?: RequestInit) {
      super(typeof from === 'string' ? new URL(from, 'http://clearway') : from, init)
    }
  }
  const server = { fetch: async (_: Request): Promise<Response> => Response.error() }
  Object.assign(globalThis, { Request: Own, fetch: (request: Request) => server.fetch(request) })
  return server
})
vi.mock('../../../session/session.svelte', () => ({ session: { key: 'one' } }))

import { Asking } from '../../../api/asking.svelte'
import { Refused } from '../../../api/client'
import { isFinal, photosOf, requestOf, sendPhoto, takesPhotos } from './photos'

const never = new AbortController().signal
const file = new File(['abc'], 'road.jpg', { lastModified: 7 })
const chosen = { incident_id: 'i', file, caption: 'The culvert' }

/** Answers with these statuses, one after the other; the requests that came. */
function answered(...answers: [status: number, body: unknown][]): Request[] {
  const seen: Request[] = []
  server.fetch = async (request) => {
    seen.push(request)
    const [status, body] = answers[seen.length - 1] ?? [500, {}]
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
  }
  return seen
}

test('one that ended takes no photos, and any other one does', () => {
  expect(takesPhotos({ status: 'merged' })).toBe(false)
  expect(takesPhotos({ status: 'retracted' })).toBe(false)
  expect(takesPhotos({ status: 'closed' })).toBe(true)
})

test('all pages are read', async () => {
  answered([200, { items: [{ attachment_id: 'a' }], next: 'further' }], [200, { items: [{ attachment_id: 'b' }] }])
  expect((await photosOf('i', never))?.map(({ attachment_id }) => attachment_id)).toEqual(['a', 'b'])
})

test('to who sees it reduced it has no photos; another failure is one', async () => {
  answered([404, { code: 'not_found', status: 404 }], [503, { code: 'unavailable', status: 503 }])
  expect(await photosOf('i', never)).toBeNull()
  await expect(photosOf('i', never)).rejects.toBeInstanceOf(Refused)
})

test('the bytes are the body, and a repeat has the same number until the answer is known', async () => {
  const seen = answered([503, { status: 503 }], [201, { attachment_id: 'a' }], [200, { attachment_id: 'a' }])
  const asking = new Asking()
  let isNew: boolean | null = null
  const send = () =>
    asking.send(requestOf(chosen), async (header) => void (isNew = await sendPhoto(chosen, header, never)))
  expect([await send(), isNew]).toEqual([false, null])
  expect([await send(), isNew]).toEqual([true, true])
  expect([await send(), isNew]).toEqual([true, false])
  expect(await seen[0]?.text()).toBe('abc')
  expect(new URL(seen[0]?.url ?? '').searchParams.get('caption')).toBe('The culvert')
  const [first, second, third] = seen.map(({ headers }) => headers.get('Idempotency-Key'))
  expect(second).toBe(first)
  expect(third).not.toBe(first)
})

test('another caption is another request', () => {
  expect(requestOf({ ...chosen, caption: 'The road' })).not.toEqual(requestOf(chosen))
  expect(requestOf({ ...chosen })).toEqual(requestOf(chosen))
})

test('only a conflict with the record ends the form', () => {
  const refused = (code: string, status: number) => new Refused({ type: '', title: '', code, status })
  expect(isFinal(refused('conflict', 409))).toBe(true)
  expect(isFinal(refused('idempotency_key_reused', 422))).toBe(false)
  expect(isFinal(refused('invalid', 422))).toBe(false)
  expect(isFinal(new TypeError('cut'))).toBe(false)
})
