/**
 * One incident with its history and its alerts, kept up to date.
 *
 * An event of the stream says that there is something new; what is shown is read from the server, which says it as this
 * key may see it. What was read before stays until the new is there.
 */
import { untrack } from 'svelte'
import { api, dataOf, Refused } from '../../api/client'
import type { Alert, Incident, Revision } from '../../api/shapes'
import { incidents } from '../../live/pictures'
import { differences, type Difference } from './differences'

const PAGE = 100
const ALERTS = 500

export class IncidentRecord {
  readonly id: string
  incident = $state.raw<Incident | null>(null)
  revisions = $state.raw<readonly Revision[]>([])
  /** Where the earlier revisions begin; null when all are there. */
  earlier = $state.raw<string | null>(null)
  alerts = $state.raw<readonly Alert[] | null>(null)
  /** Why the last reading of it failed. */
  failed = $state.raw<unknown>(null)
  alertsFailed = $state.raw<unknown>(null)
  /** The incident as this person has seen it: what differs from it is new. */
  seen = $state.raw<Incident | null>(null)
  /** While the person's own change is on its way, its event is no news. */
  sending = $state(false)

  #reading = 0
  #readingAlerts = 0

  constructor(id: string) {
    this.id = id
  }

  /** The newest revision that is read with its history; 0 for none. The two are asked for apart. */
  get readRevision(): number {
    return Math.min(this.incident?.revision ?? 0, this.revisions[0]?.revision ?? 0)
  }

  get fresh(): Difference[] {
    return this.seen && this.incident ? differences(this.seen, this.incident) : []
  }

  get isChanged(): boolean {
    return !this.sending && this.seen !== null && this.incident !== null && this.seen.revision < this.incident.revision
  }

  /** The revisions that this person has not seen, newest first. */
  get unseen(): Revision[] {
    return this.revisions.filter(({ revision }) => revision > (this.seen?.revision ?? 0))
  }

  markSeen(): void {
    this.seen = this.incident
  }

  /** What the server answered to this person's own change. */
  take(incident: Incident): void {
    if ((this.incident?.revision ?? 0) <= incident.revision) this.incident = incident
    if (this.seen === null || this.seen.revision === incident.revision - 1) this.seen = incident
    void this.read()
    void this.readAlerts()
  }

  async read(): Promise<void> {
    const reading = ++this.#reading
    try {
      const [incident, history] = await Promise.all([this.#incident(), this.#history()])
      if (reading !== this.#reading) return
      this.revisions = history.items
      this.earlier = history.next ?? null
      if ((this.incident?.revision ?? 0) <= incident.revision) this.incident = incident
      this.seen ??= incident
      this.failed = null
    } catch (error) {
      if (reading === this.#reading) this.failed = error
    }
  }

  async readEarlier(): Promise<void> {
    const cursor = this.earlier
    if (cursor === null) return
    const reading = this.#reading
    try {
      const { items, next } = await this.#history(cursor)
      // Asked for twice, they are added once.
      if (reading !== this.#reading || cursor !== this.earlier) return
      this.revisions = [...this.revisions, ...items]
      this.earlier = next ?? null
    } catch (error) {
      if (reading === this.#reading) this.failed = error
    }
  }

  async readAlerts(): Promise<void> {
    const reading = ++this.#readingAlerts
    try {
      const found: Alert[] = []
      let cursor: string | null | undefined
      do {
        const query = { incident_id: this.id, limit: ALERTS, ...(cursor && { cursor }) }
        const page = dataOf(await api.GET('/v1/alerts', { params: { query } }))
        found.push(...page.items)
        cursor = page.next
      } while (cursor)
      if (reading !== this.#readingAlerts) return
      this.alerts = found
      this.alertsFailed = null
    } catch (error) {
      if (reading === this.#readingAlerts) this.alertsFailed = error
    }
  }

  async #incident(): Promise<Incident> {
    const incident = await readIncident(this.id)
    if (incident.incident_id === this.id) return incident
    // The address of a merged one leads to its survivor. What it is itself, its history says.
    const { items } = await this.#history(undefined, 1)
    const own = items[0]?.incident
    if (!own) throw new Refused({ type: 'about:blank', title: '', status: 404, code: 'not_found' })
    return own
  }

  async #history(cursor?: string, limit = PAGE) {
    const query = { with_incident: true, limit, ...(cursor && { cursor }) }
    const path = { incident_id: this.id }
    return dataOf(await api.GET('/v1/incidents/{incident_id}/revisions', { params: { path, query } }))
  }
}

/** One that is put beside another one, read again when the stream says that it changed. Called by a component. */
export function followed(id: string): IncidentRecord {
  const record = new IncidentRecord(id)
  const known = $derived(incidents.items.get(id)?.revision ?? 0)
  $effect(() => {
    const gap = incidents.resyncedAt
    const isNewer = known > untrack(() => record.incident?.revision ?? 0)
    if (isNewer || gap || untrack(() => record.incident === null)) void untrack(() => record.read())
  })
  return record
}

/** The incident at this address; of one that was merged, its survivor. */
export async function readIncident(incident_id: string, signal?: AbortSignal): Promise<Incident> {
  const params = { path: { incident_id } }
  return dataOf(await api.GET('/v1/incidents/{incident_id}', { params, ...(signal && { signal }) }))
}
