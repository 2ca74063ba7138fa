/**
 * Who looks: the key, and what it may do.
 *
 * A link may bring the key in its fragment, which no server sees. It is taken out of the address at once, and kept for
 * this window's session or, when the person says so, on this device. A key is in no other address.
 */
import type { Session as Who } from '../api/schema'
import { forgetOnDevice, keepOnDevice } from './onDevice'

const NAME = 'clearway.key'
const FRAGMENT = /^#key=([A-Za-z0-9_-]+)$/

export class Session {
  key = $state<string | null>(null)
  who = $state<Who | null>(null)
  /** Why there is no key that can be used, if one was refused. */
  refused = $state(false)

  constructor() {
    this.key = this.#fromAddress() ?? sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME)
  }

  get signedIn(): boolean {
    return this.key !== null
  }

  /** The part of the key that is no secret: cwk_ID_secret. */
  get keyId(): string {
    return this.key?.split('_')[1] ?? ''
  }

  may(permission: string): boolean {
    return this.who?.permissions.includes(permission) ?? false
  }

  enter(key: string, onDevice: boolean): void {
    sessionStorage.setItem(NAME, key)
    if (onDevice) {
      localStorage.setItem(NAME, key)
      void keepOnDevice(key)
    }
    this.refused = false
    this.who = null
    this.key = key
  }

  /** The server does not accept the key any more. */
  refuse(): void {
    this.leave()
    this.refused = true
  }

  leave(): void {
    sessionStorage.removeItem(NAME)
    localStorage.removeItem(NAME)
    void forgetOnDevice()
    this.key = null
    this.who = null
  }

  #fromAddress(): string | null {
    const found = FRAGMENT.exec(location.hash)?.[1] ?? null
    if (found !== null) {
      history.replaceState(history.state, '', location.pathname + location.search)
      sessionStorage.setItem(NAME, found)
    }
    return found
  }
}

export const session = new Session()
