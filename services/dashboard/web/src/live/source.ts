/** Where this window gets its events: from the worker of all windows, or by itself where a browser has no such worker. */
import { v7 } from 'uuid'
import type { Listener } from './follow'
import { StreamHub } from './hub'
import type { FromWorker, ToWorker } from './protocol'

export interface Source {
  /** Follow a stream until the result is called. */
  add(path: string, key: string, listener: Listener): () => void
  /** What is followed with one token is followed with the other. */
  renew(before: string, after: string): void
}

export function openSource(): Source {
  // Over plain HTTP from another machine a browser has no locks.
  return typeof SharedWorker !== 'undefined' && 'locks' in navigator ? new WorkerSource() : new StreamHub()
}

class WorkerSource implements Source {
  #port: MessagePort
  #listeners = new Map<number, Listener>()
  #count = 0

  constructor() {
    const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'streams' })
    this.#port = worker.port
    this.#port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      const listener = this.#listeners.get(data.number)
      if (!listener) return
      if ('opened' in data) listener.opened()
      else if ('event' in data) listener.event(data.event)
      else listener.link(data.link, data.heardAt)
    }
    const name = `window ${v7()}`
    void navigator.locks.request(name, () => {
      this.#send({ hello: name })
      return new Promise(() => undefined)
    })
  }

  add(path: string, key: string, listener: Listener): () => void {
    const number = ++this.#count
    this.#listeners.set(number, listener)
    this.#send({ follow: path, key, number })
    return () => {
      this.#listeners.delete(number)
      this.#send({ end: number })
    }
  }

  renew(before: string, after: string): void {
    this.#send({ renew: before, after })
  }

  #send(message: ToWorker): void {
    this.#port.postMessage(message)
  }
}
