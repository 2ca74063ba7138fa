/**
 * The key that is kept on this device, where a worker without a window can read it too.
 *
 * It is written and removed with the one of the windows. A browser that keeps nothing loses only that the worker sends.
 */
import { openDB, type IDBPDatabase } from 'idb'

const NAME = 'clearway.session'
const STORE = 'kept'

function open(): Promise<IDBPDatabase> {
  return openDB(NAME, 1, { upgrade: (database) => void database.createObjectStore(STORE) })
}

async function withStore<Result>(work: (database: IDBPDatabase) => Promise<Result>): Promise<Result | undefined> {
  try {
    const database = await open()
    try {
      return await work(database)
    } finally {
      database.close()
    }
  } catch {
    return undefined
  }
}

export async function keepOnDevice(key: string): Promise<void> {
  await withStore((database) => database.put(STORE, key, 'key'))
}

export async function forgetOnDevice(): Promise<void> {
  await withStore((database) => database.clear(STORE))
}

export async function keptOnDevice(): Promise<string | null> {
  const key: unknown = await withStore((database) => database.get(STORE, 'key'))
  return typeof key === 'string' ? key : null
}
