/** The incidents of the map: asked for when it is moved, when the filter changes, and when one of them changes. */
import { Refused } from '../../api/client'
import type { Bounds } from '../../map/bounds'
import type { IncidentMap } from '../../api/shapes'
import { joined, queryOf } from '../../map/incidentMap'
import { IncidentMapReader } from '../../map/reader'
import { say } from '../../words/words.svelte'
import { askedFor, type View } from './view'

/** A map that a person drags is asked for when it rests. */
const REST_MS = 200
/** While incidents come one after the other, the map is drawn again once in this time. */
const CHANGED_MS = 2_000
/** What was of the last day an hour ago is not any more, without an event. */
const AGED_MS = 60_000
const NOTHING: Answer = { zoom: 0, total: 0, features: [] }

type Answer = Pick<IncidentMap, 'zoom' | 'total' | 'features'>

export class MapIncidents {
  features = $state.raw<IncidentMap['features']>([])
  /** How many there are in the box, or null before the first answer. */
  total = $state<number | null>(null)
  problem = $state<string | null>(null)

  #reader = new IncidentMapReader()
  #reading: AbortController | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #due = Infinity
  #view: View | null = null
  #drawn: { now: Answer; earlier: Answer } | null = null
  #place: { bounds: Bounds; zoom: number } | null = null

  look(bounds: Bounds, zoom: number): void {
    this.#place = { bounds, zoom }
    this.#soon(REST_MS)
  }

  ask(view: View): void {
    this.#view = view
    this.#soon(REST_MS)
  }

  /** An incident changed. What was on record at a time does not. */
  again(): void {
    if (!this.#view?.known) this.#soon(CHANGED_MS)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#due = Infinity
    this.#reading?.abort()
  }

  #soon(wait: number): void {
    const due = Date.now() + wait
    // The first of many changes decides when the map is asked for; a movement is followed at once.
    if (wait !== REST_MS && this.#due <= due) return
    this.#due = due
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#read(), wait)
  }

  async #read(): Promise<void> {
    this.#due = Infinity
    if (!this.#place || !this.#view) return
    this.#reading?.abort()
    const reading = new AbortController()
    this.#reading = reading
    const { bounds, zoom } = this.#place
    const { within, before } = askedFor(this.#view, new Date())
    try {
      const [now, earlier] = await Promise.all([
        this.#reader.read(queryOf(bounds, zoom, within), reading.signal),
        before ? this.#reader.read(queryOf(bounds, zoom, before), reading.signal) : NOTHING,
      ])
      this.problem = null
      // What the server says is unchanged is the answer that is drawn: to draw it again takes the map as long as anew.
      if (this.#drawn?.now !== now || this.#drawn.earlier !== earlier) {
        this.features = joined(earlier, now)
        this.total = now.total + earlier.total
        this.#drawn = { now, earlier }
      }
    } catch (error) {
      if (reading.signal.aborted) return
      this.problem = error instanceof Refused ? error.message : say('now.map.unread')
    }
    this.#soon(AGED_MS)
  }
}
