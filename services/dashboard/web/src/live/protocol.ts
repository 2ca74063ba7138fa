/** What a window and the worker of all windows say to each other. */
import type { LinkState, StreamEvent } from './follow'

/** `hello` names the lock that the window holds as long as it exists. */
export type ToWorker =
  | { hello: string }
  | { follow: string; key: string; number: number }
  | { renew: string; after: string }
  | { end: number }

export type FromWorker =
  | { number: number; opened: true }
  | { number: number; event: StreamEvent }
  | { number: number; link: LinkState; heardAt: number | null }
