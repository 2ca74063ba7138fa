/** Whose key it is, and what it may do, as the server says. Until it has answered, no action is offered. */
import { api, dataOf } from '../api/client'
import { session } from './session.svelte'

const RETRY_MS = 3_000

/** Ask until the server answers, or `signal` ends it. The client sees to a key that is refused. */
export async function identify(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const who = dataOf(await api.GET('/v1/session', { signal }))
      if (!signal.aborted) session.who = who
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}
