/** Reads the events of a stream that were published since a time, and ends when it has them. */
import { follow, type StreamEvent } from './follow'

/** The server sends what is stored at once: after this time without an event there is no more of it. */
const SILENT_MS = 2_000

/** Call `take` for each. It ends early where `signal` does, or where the key may not read the stream. */
export async function past(
  path: string,
  since: Date,
  key: string,
  take: (event: StreamEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const reading = new AbortController()
  const end = () => reading.abort()
  signal.addEventListener('abort', end)
  let timer: ReturnType<typeof setTimeout> | undefined
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(end, SILENT_MS)
  }
  const address = `${path}${path.includes('?') ? '&' : '?'}from=${encodeURIComponent(since.toISOString())}`
  await follow(
    address,
    () => key,
    {
      opened: wait,
      event: (event) => {
        wait()
        take(event)
      },
      link: (state) => {
        if (state === 'refused') end()
      },
    },
    reading.signal,
  )
  clearTimeout(timer)
  signal.removeEventListener('abort', end)
}
