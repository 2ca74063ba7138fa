/** What one request answers, kept while it is read again: there is never a gap in what is shown. */
import { Refused } from '../api/client'

const RETRY_MS = 3_000

export class Reading<Data> {
  data = $state.raw<Data | null>(null)
  /** Why the last attempt has no answer. What was read before it is still there. */
  error = $state.raw<unknown>(null)
  reading = $state(false)

  #attempt: AbortController | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Read it anew, until there is an answer. Of two attempts at a time the later one counts. */
  async read(from: (signal: AbortSignal) => Promise<Data>): Promise<void> {
    this.end()
    const attempt = new AbortController()
    this.#attempt = attempt
    this.reading = true
    try {
      const data = await from(attempt.signal)
      if (attempt.signal.aborted) return
      this.data = data
      this.error = null
    } catch (error) {
      if (attempt.signal.aborted) return
      this.error = error
      // A link that is cut comes back; a refusal does not change by itself.
      if (!(error instanceof Refused)) this.#timer = setTimeout(() => void this.read(from), RETRY_MS)
    }
    this.reading = false
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#attempt?.abort()
  }
}
