/**
 * The queue: each report is sent until the server has it or refuses it, and exists once however often it is sent.
 *
 * The server knows a repeat by the report's id, its key and its content, which stay the same. So an answer that is lost,
 * a page that ends, and a second window cost an attempt, never a report.
 */
import { isDue, isUnsent, recorded, waitAfter, type Entry } from './entry'
import type { Answer, Send } from './sending'
import type { Store } from './store'

/** What stopped the queue, and when the next attempt is due, in milliseconds; null where nothing waits. */
export interface Ran {
  nextAt: number | null
  needsKey: boolean
}

export type Locks = Pick<LockManager, 'request'>

export interface Parts {
  store: Store
  send: Send
  now?: () => number
  random?: () => number
  /** Missing where the page came over plain HTTP: then two windows may send the same report, which the server knows. */
  locks?: Locks | undefined
}

const LOCK = 'clearway.field.sender'
/** A window that sleeps with the lock stops no other for longer. */
const LONGEST_WAIT_FOR_LOCK_MS = 45_000

export class Queue {
  #store: Store
  #send: Send
  #now: () => number
  #random: () => number
  #locks: Locks | undefined

  constructor({ store, send, now = Date.now, random = Math.random, locks }: Parts) {
    this.#store = store
    this.#send = send
    this.#now = now
    this.#random = random
    this.#locks = locks
  }

  /** Send what is due, the oldest first. `atOnce`: also what waits for its next attempt, as after the link is back. */
  async run(key: string | null, atOnce = false): Promise<Ran> {
    let needsKey = key === null
    const waiting = (await this.#store.all()).filter(isUnsent).reverse()
    for (const { id } of waiting) {
      if (key === null || needsKey) break
      const answer = await this.#alone(() => this.#attempt(id, key, atOnce))
      needsKey = answer?.is === 'key'
    }
    const left = (await this.#store.all()).filter(isUnsent)
    const nextAt = left.length === 0 ? null : Math.min(...left.map(({ dueAt }) => dueAt))
    return { nextAt, needsKey: needsKey && left.length > 0 }
  }

  /** One attempt, if it is still due: another window may have sent it meanwhile. */
  async #attempt(id: string, key: string, atOnce: boolean): Promise<Answer | null> {
    const now = this.#now()
    let due = false
    const entry = await this.#store.change(id, (entry) => {
      due = isUnsent(entry) && (atOnce || isDue(entry, now))
      return due ? { ...entry, state: 'sending', attempts: entry.attempts + 1 } : entry
    })
    if (!due || entry === null) return null
    const answer = await this.#send(entry, key)
    await this.#store.change(id, (entry) => this.#after(entry, answer))
    return answer
  }

  #after(entry: Entry, answer: Answer): Entry {
    // What is sent stays sent, whatever an earlier attempt of another window hears.
    if (entry.state === 'sent') return entry
    // Nor does a late answer undo a refusal that a person may be correcting. That it arrived counts at any time.
    if (entry.state !== 'sending' && answer.is !== 'sent') return entry
    switch (answer.is) {
      case 'sent':
        return recorded(entry, answer.at)
      case 'refused':
        return { ...entry, state: 'refused', problem: answer.problem }
      case 'key':
        // It was not looked at: it may still be changed.
        return { ...entry, state: 'waiting', attempts: entry.attempts - 1 }
      case 'later':
        return {
          ...entry,
          state: 'waiting',
          dueAt: this.#now() + waitAfter(entry.attempts, this.#random(), answer.waitMs),
        }
    }
  }

  /** One sender at a time over all windows and the worker. */
  async #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    if (!this.#locks) return work()
    let begun = false
    try {
      const signal = AbortSignal.timeout(LONGEST_WAIT_FOR_LOCK_MS)
      return await this.#locks.request(LOCK, { signal }, () => {
        begun = true
        return work()
      })
    } catch (error) {
      if (begun) throw error
      return work()
    }
  }
}
