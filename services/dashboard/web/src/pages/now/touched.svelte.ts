/**
 * What happened since a time: each incident that changed, and the routes that each moved.
 *
 * The pictures have the last incidents and the present of routes. What happened before this page was open is read once
 * from the streams, which have kept it.
 */
import { SvelteMap } from 'svelte/reactivity'
import type { Incident } from '../../api/shapes'
import { past } from '../../live/past'
import type { StreamEvent } from '../../live/follow'
import { incidents, routes } from '../../live/pictures'
import { moved, type Move, type RiskChanged } from './changes'

const MOVES = 'route.risk_changed'

class Touched {
  /** Changed incidents by id, of which the picture may know none or a later revision. */
  changed = new SvelteMap<string, Incident>()
  /** The routes that an incident moved, by the incident. */
  moves = new SvelteMap<string, Move[]>()

  /** Read what happened since, and go on with what happens. The result ends it. */
  start(since: Date, key: string): () => void {
    const reading = new AbortController()
    this.changed.clear()
    this.moves.clear()
    void (async () => {
      await past('/v1/incident-events', since, key, (event) => this.#incident(event), reading.signal)
      if (!reading.signal.aborted)
        await past(`/v1/route-events?types=${MOVES}`, since, key, (event) => this.#move(event), reading.signal)
    })()
    const end = routes.onChange((_, event) => this.#move(event))
    return () => {
      reading.abort()
      end()
    }
  }

  /** The incidents of the picture, and those that changed, each at the latest revision that is known. */
  all(): Incident[] {
    const known = new Map(incidents.items)
    for (const [id, incident] of this.changed)
      if ((known.get(id)?.revision ?? 0) < incident.revision) known.set(id, incident)
    return [...known.values()]
  }

  #incident({ data }: StreamEvent): void {
    const { incident } = data as { incident?: Incident }
    if (incident) this.changed.set(incident.incident_id, incident)
  }

  #move({ type, data }: StreamEvent): void {
    const event = data as RiskChanged
    if (type === MOVES && event.cause) this.moves.set(event.cause, moved(this.moves.get(event.cause) ?? [], event))
  }
}

export const touched = new Touched()
