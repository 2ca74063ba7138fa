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
  /** Whether what was refused is a token, and no key. */
  hasEnded = $state(false)
  /** Whether the issuer sent the person back without what they need. */
  signInFailed = $state(false)
  /** Another number for each person who enters: a token that is renewed is of the same one. */
  holder = $state(0)
  #renewing = new Set<(before: string, after: string) => void>()

  constructor() {
    this.key = this.#fromAddress() ?? sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME)
  }

  get signedIn(): boolean {
    return this.key !== null
  }

  /** Whether it is a token of the mission's issuer, and no key. */
  get isToken(): boolean {
    return this.key?.includes('.') ?? false
  }

  /** What is the same for all keys of this name, and no secret: of cwk_ID_secret the id, of a token its subject. */
  get keyId(): string {
    if (this.key !== null && this.isToken) return subjectOf(this.key)
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
    this.#take(key)
  }

  /** A token is kept for this window's session alone. */
  enterToken(token: string): void {
    sessionStorage.setItem(NAME, token)
    this.signInFailed = false
    this.#take(token)
  }

  /** The issuer gave another token to the same person. */
  renew(token: string): void {
    const before = this.key
    if (before === null || before === token) return
    sessionStorage.setItem(NAME, token)
    this.key = token
    for (const listener of this.#renewing) listener(before, token)
  }

  /** Call `listener` with both tokens at each renewal. The result ends it. */
  onRenewal(listener: (before: string, after: string) => void): () => void {
    this.#renewing.add(listener)
    return () => void this.#renewing.delete(listener)
  }

  /** The server does not accept the key any more. */
  refuse(): void {
    this.hasEnded = this.isToken
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

  #take(key: string): void {
    this.refused = false
    this.who = null
    this.key = key
    this.holder += 1
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

/** A token's middle part says whose it is. It is the server that checks it. */
function subjectOf(token: string): string {
  try {
    const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const { sub } = JSON.parse(atob(part)) as { sub?: unknown }
    return typeof sub === 'string' ? sub : ''
  } catch {
    return ''
  }
}

export const session = new Session()
