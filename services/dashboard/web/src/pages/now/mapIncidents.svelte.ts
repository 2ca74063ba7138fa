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
/** A change is drawn after this time; one that follows another so long after it was asked for. */
const CHANGED_MS = 100
const CHANGES_MS = 600
/** A server that takes long to answer is asked less often: it works for this page a quarter of the time at most. */
const PATIENCE = 4
/** What was of the last day an hour ago is not any more, without an event. */
const AGED_MS = 60_000
/** An answer that did not come is asked for again. */
const FAILED_MS = 3_000
const LONGEST_MS = 30_000
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
  /** When the map was asked for last, and how long the answer took. */
  #askedAt = 0
  #took = 0
  /** Whether something changed while an answer is waited for. */
  #changed = false
  #view: View | null = null
  #drawn: { now: Answer; earlier: Answer } | null = null
  #place: { bounds: Bounds; zoom: number } | null = null

  look(bounds: Bounds, zoom: number): void {
    this.#place = { bounds, zoom }
    this.#moved()
  }

  ask(view: View): void {
    this.#view = view
    this.#moved()
  }

  /** An incident changed. What was on record at a time does not. */
  again(): void {
    if (this.#view?.known) return
    // An answer that takes long would never come if each change asked anew.
    if (this.#reading) this.#changed = true
    else this.#by(Math.max(Date.now() + CHANGED_MS, this.#askedAt + Math.max(CHANGES_MS, PATIENCE * this.#took)))
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#due = Infinity
    this.#reading?.abort()
    this.#reading = null
  }

  /** A movement is followed when it rests, whatever was due. */
  #moved(): void {
    this.#due = Infinity
    this.#by(Date.now() + REST_MS)
  }

  /** Ask at this time, if not before. */
  #by(due: number): void {
    if (this.#due <= due) return
    this.#due = due
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#read(), due - Date.now())
  }

  async #read(): Promise<void> {
    this.#due = Infinity
    if (!this.#place || !this.#view) return
    this.#reading?.abort()
    const reading = new AbortController()
    this.#reading = reading
    this.#changed = false
    this.#askedAt = Date.now()
    const { bounds, zoom } = this.#place
    const { within, before } = askedFor(this.#view, new Date())
    const signal = AbortSignal.any([reading.signal, AbortSignal.timeout(LONGEST_MS)])
    let next = AGED_MS
    try {
      const [now, earlier] = await Promise.all([
        this.#reader.read(queryOf(bounds, zoom, within), signal),
        before ? this.#reader.read(queryOf(bounds, zoom, before), signal) : NOTHING,
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
      next = FAILED_MS
    }
    if (reading.signal.aborted) return
    this.#reading = null
    this.#took = Date.now() - this.#askedAt
    this.#by(Date.now() + next)
    if (this.#changed) this.again()
  }
}
