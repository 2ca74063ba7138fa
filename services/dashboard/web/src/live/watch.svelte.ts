/**
 * What one request answers, read again every few seconds while the page is looked at.
 *
 * What was read stays when an attempt fails, with the time of its reading. A page that is hidden reads nothing.
 */
import type { Seen } from './seen'

/** The platform itself gives its broker five seconds. */
const ANSWER_MS = 10_000

type Page = Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'>

export class Watch<Data> implements Seen<Data> {
  data = $state.raw<Data | null>(null)
  error = $state.raw<unknown>(null)
  readAt = $state.raw<Date | null>(null)

  #from: (signal: AbortSignal) => Promise<Data>
  #everyMs: number
  #page: Page | null = null
  #attempt: AbortController | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(from: (signal: AbortSignal) => Promise<Data>, everyMs: number) {
    this.#from = from
    this.#everyMs = everyMs
  }

  /** Read now, and again and again while `page` is visible, until the result is called: for an effect. */
  follow(page: Page = document): () => void {
    const turn = () => {
      if (page.visibilityState === 'visible') void this.read()
      else this.#end()
    }
    this.#page = page
    page.addEventListener('visibilitychange', turn)
    turn()
    return () => {
      page.removeEventListener('visibilitychange', turn)
      this.#page = null
      this.#end()
    }
  }

  /** Read it anew. Of two attempts at a time the later one counts. */
  async read(): Promise<void> {
    this.#end()
    const attempt = new AbortController()
    this.#attempt = attempt
    try {
      const data = await inTime(this.#from, attempt)
      if (attempt !== this.#attempt) return
      this.data = data
      this.readAt = new Date()
      this.error = null
    } catch (error) {
      if (attempt !== this.#attempt) return
      this.error = error
    }
    this.#attempt = null
    if (this.#page?.visibilityState === 'visible') this.#timer = setTimeout(() => void this.read(), this.#everyMs)
  }

  #end(): void {
    clearTimeout(this.#timer)
    const attempt = this.#attempt
    this.#attempt = null
    attempt?.abort()
  }
}

/** A server that takes the request and does not answer counts as one that is away. */
async function inTime<Data>(from: (signal: AbortSignal) => Promise<Data>, attempt: AbortController): Promise<Data> {
  const late = setTimeout(() => attempt.abort(), ANSWER_MS)
  try {
    return await from(attempt.signal)
  } finally {
    clearTimeout(late)
  }
}
