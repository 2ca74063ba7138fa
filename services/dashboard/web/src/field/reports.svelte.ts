/** The reports on this device as the page shows them, and when the queue runs. */
import { session } from '../session/session.svelte'
import { askForSync } from './background'
import type { Draft } from './draft'
import { newEntry, queued, typed, type Entry } from './entry'
import { Queue } from './queue'
import { sender } from './sending'
import { Store } from './store'

/** After so long the page looks again at a queue that it could not read. */
const RETRY_MS = 30_000

export class Reports {
  entries = $state.raw<Entry[]>([])
  loaded = $state(false)
  /** The device keeps nothing, such as in a private window of some browsers. */
  unkept = $state(false)

  #store = new Store()
  #queue = new Queue({ store: this.#store, send: sender(), locks: navigator.locks as LockManager | undefined })
  #timer: ReturnType<typeof setTimeout> | undefined
  #running = false
  #again: { atOnce: boolean } | null = null

  /** Show what is kept, and send what waits. The result ends both. */
  start(): () => void {
    const back = () => this.send(true)
    const seen = () => document.visibilityState === 'visible' && this.send(true)
    const ends = this.#store.onChange(() => void this.#read())
    addEventListener('online', back)
    document.addEventListener('visibilitychange', seen)
    void this.#read()
    return () => {
      ends()
      clearTimeout(this.#timer)
      removeEventListener('online', back)
      document.removeEventListener('visibilitychange', seen)
    }
  }

  find(id: string): Entry | undefined {
    return this.entries.find((entry) => entry.id === id)
  }

  /** Begin a report. It is on the device from here on. */
  async begin(draft: Draft): Promise<Entry> {
    const entry = newEntry(draft, new Date())
    await this.#kept(() => this.#store.add(entry))
    // Without it a browser that is short of space may drop what is kept.
    void navigator.storage?.persist?.().catch(() => false)
    return entry
  }

  async type(id: string, draft: Draft): Promise<void> {
    await this.#kept(() => this.#store.change(id, (entry) => typed(entry, draft)))
  }

  async give(id: string): Promise<void> {
    await this.#kept(() => this.#store.change(id, (entry) => queued(entry, new Date())))
    void askForSync()
    this.send(true)
  }

  async remove(id: string): Promise<void> {
    await this.#kept(() => this.#store.remove(id))
  }

  /** Send what is due; `atOnce`: all that waits. */
  send(atOnce: boolean): void {
    clearTimeout(this.#timer)
    if (this.#running) {
      this.#again = { atOnce: atOnce || (this.#again?.atOnce ?? false) }
      return
    }
    this.#running = true
    void this.#run(atOnce).finally(() => {
      this.#running = false
      const again = this.#again
      this.#again = null
      if (again) this.send(again.atOnce)
    })
  }

  async #run(atOnce: boolean): Promise<void> {
    if (!navigator.onLine) return
    try {
      const key = session.key
      const { nextAt, needsKey } = await this.#queue.run(key, atOnce)
      // Another key may have been entered while this one was refused.
      if (needsKey && key !== null && key === session.key) session.refuse()
      if (nextAt !== null && !needsKey) {
        this.#timer = setTimeout(() => this.send(false), Math.max(0, nextAt - Date.now()))
        void askForSync()
      }
    } catch {
      this.unkept = true
      this.#timer = setTimeout(() => this.send(false), RETRY_MS)
    }
  }

  async #kept(write: () => Promise<unknown>): Promise<void> {
    try {
      await write()
      this.unkept = false
    } catch (error) {
      this.unkept = true
      throw error
    }
    await this.#read()
  }

  async #read(): Promise<void> {
    try {
      this.entries = await this.#store.all()
      this.loaded = true
    } catch {
      this.unkept = true
    }
  }
}
