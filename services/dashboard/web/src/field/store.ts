/** The reports on this device, in IndexedDB: they outlive the page, the browser and the battery. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Entry } from './entry'

interface Schema extends DBSchema {
  reports: { key: string; value: Entry }
}

const NAME = 'clearway.field'
const VERSION = 1

export class Store {
  #database: Promise<IDBPDatabase<Schema>> | null = null
  #listeners = new Set<() => void>()
  #channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(NAME)

  /** All of them, the newest first. */
  async all(): Promise<Entry[]> {
    const database = await this.#open()
    return (await database.getAll('reports')).sort((a, b) => (a.begunAt < b.begunAt ? 1 : -1))
  }

  async get(id: string): Promise<Entry | undefined> {
    return (await this.#open()).get('reports', id)
  }

  async add(entry: Entry): Promise<void> {
    await (await this.#open()).put('reports', entry)
    this.#tell()
  }

  /** Change one as it is now, in one transaction: another window may have changed it since it was read. */
  async change(id: string, to: (entry: Entry) => Entry): Promise<Entry | null> {
    const transaction = (await this.#open()).transaction('reports', 'readwrite', { durability: 'strict' })
    const before = await transaction.store.get(id)
    if (before === undefined) return null
    const after = to(before)
    await Promise.all([transaction.store.put(after), transaction.done])
    this.#tell()
    return after
  }

  async remove(id: string): Promise<void> {
    await (await this.#open()).delete('reports', id)
    this.#tell()
  }

  /** Call `listener` when something changed, here, in another window or in the worker. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#channel?.addEventListener('message', listener)
    return () => {
      this.#listeners.delete(listener)
      this.#channel?.removeEventListener('message', listener)
    }
  }

  async close(): Promise<void> {
    this.#channel?.close()
    if (this.#database) (await this.#database).close()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
    this.#channel?.postMessage('changed')
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    this.#database ??= openDB<Schema>(NAME, VERSION, {
      upgrade: (database) => void database.createObjectStore('reports', { keyPath: 'id' }),
      // A later version of the page must not wait for this window.
      blocking: () => {
        void this.#database?.then((database) => database.close())
        this.#database = null
      },
      terminated: () => {
        this.#database = null
      },
    }).catch((error: unknown) => {
      this.#database = null
      throw error
    })
    return this.#database
  }
}
