/**
 * One connection for each stream, however many pages follow it.
 *
 * A browser opens six connections to an address over HTTP/1.1 in all its windows: two windows with three streams each
 * would leave none for a request.
 */
import { follow, type LinkState, type Listener } from './follow'

interface Followed {
  path: string
  key: string
  listeners: Set<Listener>
  state: LinkState
  heardAt: number | null
  controller: AbortController
}

export class StreamHub {
  #followed = new Map<string, Followed>()

  /** Follow a stream. The result ends it. A stream that is open already is `opened` at once. */
  add(path: string, key: string, listener: Listener): () => void {
    const name = `${path} ${key}`
    const followed = this.#followed.get(name) ?? this.#start(name, path, key)
    followed.listeners.add(listener)
    listener.link(followed.state, followed.heardAt)
    if (followed.state === 'live') listener.opened()
    return () => {
      followed.listeners.delete(listener)
      if (followed.listeners.size === 0) {
        followed.controller.abort()
        this.#forget(followed)
      }
    }
  }

  /** Streams that are followed with one token are opened with the other from now on. */
  renew(before: string, after: string): void {
    for (const [name, followed] of [...this.#followed]) {
      if (followed.key !== before) continue
      this.#followed.delete(name)
      followed.key = after
      this.#followed.set(`${followed.path} ${after}`, followed)
    }
  }

  #start(name: string, path: string, key: string): Followed {
    const followed: Followed = {
      path,
      key,
      listeners: new Set(),
      state: 'connecting',
      heardAt: null,
      controller: new AbortController(),
    }
    this.#followed.set(name, followed)
    const all: Listener = {
      opened: () => followed.listeners.forEach((one) => one.opened()),
      event: (event) => followed.listeners.forEach((one) => one.event(event)),
      link: (state, heardAt) => {
        followed.state = state
        followed.heardAt = heardAt
        followed.listeners.forEach((one) => one.link(state, heardAt))
        // A key that was refused may be accepted when it is tried again.
        if (state === 'refused') this.#forget(followed)
      },
    }
    void follow(path, () => followed.key, all, followed.controller.signal)
    return followed
  }

  #forget(followed: Followed): void {
    this.#followed.delete(`${followed.path} ${followed.key}`)
  }
}
