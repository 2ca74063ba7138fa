import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { follow, type LinkState } from './follow'

const BEGUN = Date.parse('2026-03-01T03:00:00Z')
const CURSOR = 'id: e-1\nevent: cursor\ndata: {"stream": "incidents", "cursor": "e-1"}\n\n'
const RESYNC = 'id: f-9\nevent: resync\ndata: {"snapshot": "/v1/incidents"}\n\n'

let send: ReadableStreamDefaultController<Uint8Array>
let asked: Headers[]
let heard: string[]
let links: [LinkState, number | null][]
let ending: AbortController

const listener = {
  opened: () => heard.push('opened'),
  event: ({ type }: { type: string }) => heard.push(type),
  link: (state: LinkState, heardAt: number | null) => links.push([state, heardAt]),
}

beforeEach(() => {
  vi.useFakeTimers({ now: BEGUN })
  asked = []
  heard = []
  links = []
  ending = new AbortController()
  vi.stubGlobal('fetch', (_path: string, { headers, signal }: { headers: HeadersInit; signal: AbortSignal }) => {
    asked.push(new Headers(headers))
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = controller
        signal.addEventListener('abort', () => controller.error(new Error('aborted')))
      },
    })
    return Promise.resolve(new Response(body))
  })
  void follow('/v1/incident-events', () => 'cwk_key', listener, ending.signal)
})

afterEach(() => {
  ending.abort()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function says(text: string): Promise<void> {
  await vi.advanceTimersByTimeAsync(0)
  send.enqueue(new TextEncoder().encode(text))
  await vi.advanceTimersByTimeAsync(0)
}

test('the link is as old as what was last heard, which need not be an event', async () => {
  await says(CURSOR)
  expect(links).toEqual([['live', BEGUN]])
  await vi.advanceTimersByTimeAsync(15_000)
  await says(': ping\n\n')
  send.close()
  await vi.advanceTimersByTimeAsync(0)
  expect(links.at(-1)).toEqual(['cut', BEGUN + 15_000])
})

test('a server that is silent is a cut link, and is asked again from where it was', async () => {
  await says(CURSOR)
  await vi.advanceTimersByTimeAsync(39_000)
  expect(links.at(-1)?.[0]).toBe('live')
  await vi.advanceTimersByTimeAsync(3_000)
  expect(links.at(-1)).toEqual(['cut', BEGUN])
  expect(asked.at(-1)?.get('Last-Event-ID')).toBe('e-1')
})

test('a stream that begins with a gap is live, and is read on from there', async () => {
  await says(RESYNC)
  expect(links).toEqual([['live', BEGUN]])
  expect(heard).toEqual(['resync'])
  send.close()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(asked.at(-1)?.get('Last-Event-ID')).toBe('f-9')
})

test('where too many streams are open it is asked again when the server says', async () => {
  send.close()
  let refusals = 0
  vi.stubGlobal('fetch', () => {
    refusals += 1
    return Promise.resolve(new Response('{}', { status: 429, headers: { 'Retry-After': '30' } }))
  })
  await vi.advanceTimersByTimeAsync(20_000)
  expect(refusals).toBe(1)
  await vi.advanceTimersByTimeAsync(15_000)
  expect(refusals).toBe(2)
})
