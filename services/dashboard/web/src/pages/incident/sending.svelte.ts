/** The sending of one action: once, however often it is tried, and honest about what is not known. */
import { Attempt, resultOf } from '../../api/attempt'
import { dataOf, inTime, Refused } from '../../api/client'
import type { Incident } from '../../api/shapes'
import type { ActionName } from './actions'
import { send, type Order } from './commands'

export class Sending {
  isOpen = $state(false)
  /** No answer says whether it was done. The same request, sent again, does it once. */
  isUnknown = $state(false)
  refused = $state.raw<Refused | null>(null)

  #attempt = new Attempt()
  #order: Omit<Order, 'key' | 'signal'> | null = null

  /** The incident after it; null where it was refused, or nothing is known. */
  async send(name: ActionName, order: Omit<Order, 'key' | 'signal'>): Promise<Incident | null> {
    // What may have been done is asked for again exactly as it was.
    const sent = this.isUnknown && this.#order ? this.#order : order
    this.#order = sent
    this.isOpen = true
    const { incident_id, revision, draft } = sent
    const key = this.#attempt.keyFor({ name, incident_id, revision, draft })
    const answer = send(name, { ...sent, key, signal: inTime() })
    const result = await resultOf(answer, refusalOf)
    this.isOpen = false
    this.isUnknown = 'unknown' in result
    this.refused = 'refused' in result ? result.refused : null
    if (this.isUnknown) return null
    this.#attempt.settle()
    return 'done' in result ? result.done : null
  }

  /** Begin another attempt. */
  forget(): void {
    this.isUnknown = false
    this.refused = null
    this.#order = null
    this.#attempt.settle()
  }
}

function refusalOf(error: unknown, response: Response): Refused {
  try {
    dataOf({ error, response })
  } catch (refused) {
    if (refused instanceof Refused) return refused
  }
  return new Refused({ type: 'about:blank', code: 'unknown', title: response.statusText, status: response.status })
}
