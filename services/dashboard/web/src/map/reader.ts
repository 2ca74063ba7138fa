/** Asks for what the map draws, and keeps the last answers: the server says when one has not changed. */
import { api, dataOf } from '../api/client'
import type { IncidentMap, IncidentMapQuery } from '../api/shapes'

/** A map that moves asks for many boxes, and comes back to few. */
const KEPT = 8

export class IncidentMapReader {
  #kept = new Map<string, { tag: string; answer: IncidentMap }>()

  /** Throws Refused, or TypeError when no answer came. */
  async read(query: IncidentMapQuery, signal: AbortSignal): Promise<IncidentMap> {
    const name = JSON.stringify(query)
    const kept = this.#kept.get(name)
    const header = kept ? { 'If-None-Match': kept.tag } : {}
    const got = await api.GET('/v1/incident-map', { params: { query, header }, cache: 'no-store', signal })
    if (got.response.status === 304 && kept) return kept.answer
    const answer = dataOf<IncidentMap>(got)
    const tag = got.response.headers.get('ETag')
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= KEPT && oldest !== undefined) this.#kept.delete(oldest)
    if (tag) this.#kept.set(name, { tag, answer })
    return answer
  }
}
