import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StreamHub } from './hub'

const CURSOR = 'id: e-1\nevent: cursor\ndata: {"stream": "incidents", "cursor": "e-1"}\n\n'
const listener = { opened: () => undefined, event: () => undefined, link: () => undefined }

let asked: (string | null)[]
let open: ReadableStreamDefaultController<Uint8Array>[]

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  open = []
  vi.stubGlobal('fetch', (_path: string, { headers }: { headers: HeadersInit }) => {
    asked.push(new Headers(headers).get('Authorization'))
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void open.push(controller) })
    return Promise.resolve(new Response(body))
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a token that is renewed opens the streams from the next time on, and no other', async () => {
  const hub = new StreamHub()
  const end = hub.add('/v1/incident-events', 'a.b.c', listener)
  const other = hub.add('/v1/incident-events', 'cwk_key', listener)
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toEqual(['Bearer a.b.c', 'Bearer cwk_key'])
  hub.renew('a.b.c', 'd.e.f')
  for (const controller of open) {
    controller.enqueue(new TextEncoder().encode(CURSOR))
    controller.close()
  }
  await vi.advanceTimersByTimeAsync(2_000)
  expect(asked.slice(2).sort()).toEqual(['Bearer cwk_key', 'Bearer d.e.f'])
  // Who follows with the new token follows what is open already.
  const beside = hub.add('/v1/incident-events', 'd.e.f', listener)
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toHaveLength(4)
  for (const one of [end, other, beside]) one()
})
