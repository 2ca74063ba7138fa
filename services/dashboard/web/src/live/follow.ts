/**
 * Follows one event stream by `fetch`, so that the key travels in a header, and connects again by itself.
 *
 * Nothing is missed: it connects again with the id of the last event, and the server says `resync` when what was missed
 * is no longer stored.
 */
import { EventSourceParserStream } from 'eventsource-parser/stream'

/** An event of a stream. `data` is what the server sent, parsed. */
export interface StreamEvent {
  type: string
  data: unknown
}

/** Whether the picture moves. `refused`: the key is not valid any more, so no attempt follows. */
export type LinkState = 'connecting' | 'live' | 'cut' | 'refused'

export interface Listener {
  /** The stream is open, and sends from now on what it had not sent before. */
  opened(): void
  event(event: StreamEvent): void
  /** `heardAt`: when the server was last heard, in milliseconds of the clock; null before the first time. */
  link(state: LinkState, heardAt: number | null): void
}

/** The server sends a comment after 15 seconds without an event: after this time without either the link is cut. */
const SILENT_MS = 40_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000
/** The key is not valid any more. Whatever else is answered, such as 404 by an edge without its service, may pass. */
const REFUSALS: readonly number[] = [401, 403]

/** `key` is asked at each attempt: a token is renewed meanwhile. Follows until `signal` ends it, or the server refuses the key. */
export async function follow(path: string, key: () => string, listener: Listener, signal: AbortSignal): Promise<void> {
  let lastId = ''
  let heardAt: number | null = null
  let wait = FIRST_WAIT_MS
  /** How long the server asks to wait, because too many streams are open. */
  let asked = 0
  while (!signal.aborted) {
    const attempt = new AbortController()
    const end = () => attempt.abort()
    signal.addEventListener('abort', end)
    let watchdog = setTimeout(end, SILENT_MS)
    try {
      const response = await fetch(path, {
        headers: { Authorization: `Bearer ${key()}`, ...(lastId && { 'Last-Event-ID': lastId }) },
        cache: 'no-store',
        signal: attempt.signal,
      })
      if (REFUSALS.includes(response.status)) {
        listener.link('refused', heardAt)
        return
      }
      asked = response.status === 429 ? Number(response.headers.get('retry-after')) * 1000 || 0 : 0
      if (response.ok && response.body) {
        const events = response.body
          .pipeThrough(
            heard(() => {
              heardAt = Date.now()
              clearTimeout(watchdog)
              watchdog = setTimeout(end, SILENT_MS)
            }),
          )
          .pipeThrough(new TextDecoderStream())
          .pipeThrough(new EventSourceParserStream())
        for await (const event of chunks(events)) {
          if (event.id) lastId = event.id
          const type = event.event ?? 'message'
          // The first event is one of these two: after a gap there is no position to begin at.
          if (type === 'cursor' || type === 'resync') {
            wait = FIRST_WAIT_MS
            listener.link('live', heardAt)
          }
          if (type === 'cursor') listener.opened()
          else listener.event({ type, data: JSON.parse(event.data) })
        }
      }
    } catch {
      asked = 0
      // A link that is cut, or an answer that ends in the middle: the next attempt says whether it is back.
    } finally {
      clearTimeout(watchdog)
      signal.removeEventListener('abort', end)
    }
    if (signal.aborted) return
    listener.link('cut', heardAt)
    await pause(Math.max(wait * (0.75 + Math.random() / 2), asked), signal)
    wait = Math.min(wait * 2, LONGEST_WAIT_MS)
  }
}

function heard(note: () => void): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new TransformStream({
    transform(chunk, controller) {
      note()
      controller.enqueue(chunk)
    },
  })
}

/** Safari iterates over no stream by itself. */
async function* chunks<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
