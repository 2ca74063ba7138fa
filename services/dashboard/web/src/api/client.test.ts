import { beforeEach, expect, test, vi } from 'vitest'

const { session } = vi.hoisted(() => ({ session: { key: 'cwk_first' as string | null, refuse: vi.fn() } }))
vi.mock('../session/session.svelte', () => ({ session }))

import { api, dataOf, Refused } from './client'
import { waiting } from './waiting.svelte'

const REFUSED = { status: 401, headers: { 'Content-Type': 'application/json' } }

beforeEach(() => {
  session.key = 'cwk_first'
  session.refuse.mockReset()
})

async function refusedAfter(meanwhile: () => void): Promise<void> {
  const fetch = async () => {
    meanwhile()
    return new Response('{}', REFUSED)
  }
  await api.GET('/v1/session', { baseUrl: 'http://clearway', fetch })
}

test('a key that is refused is not used any more', async () => {
  await refusedAfter(() => undefined)
  expect(session.refuse).toHaveBeenCalledOnce()
})

test('a late answer about an earlier key does not refuse the present one', async () => {
  await refusedAfter(() => (session.key = 'cwk_second'))
  await refusedAfter(() => (session.key = null))
  expect(session.refuse).not.toHaveBeenCalled()
})

const TOO_MUCH = { status: 429, headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '7' } }

test('what is read is asked for again when the server says, and the page says when', async () => {
  vi.useFakeTimers()
  const answers = [new Response('{}', TOO_MUCH), Response.json({ mission: 'unmx' })]
  const fetch = vi.fn(async () => answers.shift() as Response)
  const read = api.GET('/v1/session', { baseUrl: 'http://clearway', fetch })
  await vi.advanceTimersByTimeAsync(6_900)
  expect(fetch).toHaveBeenCalledOnce()
  expect(waiting.until).not.toBeNull()
  await vi.advanceTimersByTimeAsync(200)
  expect((await read).data).toEqual({ mission: 'unmx' })
  expect(waiting.until).toBeNull()
  vi.useRealTimers()
})

test('what waits and is not wanted any more is not asked for again', async () => {
  const ending = new AbortController()
  const fetch = vi.fn(async () => new Response('{}', TOO_MUCH))
  const read = api.GET('/v1/session', { baseUrl: 'http://clearway', fetch, signal: ending.signal })
  await vi.waitFor(() => expect(waiting.until).not.toBeNull())
  ending.abort()
  await expect(read).rejects.toThrow()
  expect(fetch).toHaveBeenCalledOnce()
  expect(waiting.until).toBeNull()
})

test('a change is not sent again by itself: who sent it is told when it may be', async () => {
  const fetch = vi.fn(async () => new Response('{"title": "Share used up"}', TOO_MUCH))
  const answer = await api.POST('/v1/stream-tickets', { baseUrl: 'http://clearway', fetch })
  expect(fetch).toHaveBeenCalledOnce()
  const refused = (() => {
    try {
      dataOf(answer)
    } catch (error) {
      return error
    }
  })()
  expect((refused as Refused).problem.waitMs).toBe(7_000)
})
