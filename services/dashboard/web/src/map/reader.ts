/** Asks for what the map draws: again when it is moved or something changed, and never twice at once. */
import { Refused, type Problem } from '../api/client'
import { session } from '../session/session.svelte'
import type { IncidentMap } from './incidentMap'

/** Keeps the last answers: the server says when they have not changed. */
export class IncidentMapReader {
  #kept = new Map<string, { tag: string; answer: IncidentMap }>()

  /** Throws Refused, or TypeError when no answer came. */
  async read(address: string, signal: AbortSignal): Promise<IncidentMap> {
    const kept = this.#kept.get(address)
    const response = await fetch(address, {
      headers: {
        ...(session.key !== null && { Authorization: `Bearer ${session.key}` }),
        ...(kept && { 'If-None-Match': kept.tag }),
      },
      cache: 'no-store',
      signal,
    })
    if (response.status === 304 && kept) return kept.answer
    if (response.status === 401) session.refuse()
    if (!response.ok) throw new Refused((await response.json()) as Problem)
    const answer = (await response.json()) as IncidentMap
    const tag = response.headers.get('ETag')
    // A map that moves asks for many boxes, and comes back to few.
    if (this.#kept.size >= 8) this.#kept.delete([...this.#kept.keys()][0] ?? '')
    if (tag) this.#kept.set(address, { tag, answer })
    return answer
  }
}
