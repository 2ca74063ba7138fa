/** What got worse on a route since a person last looked. */
import type { Route } from '../../api/shapes'

export type Risk = Pick<Route['risk'], 'band' | 'expected_events' | 'known_hazards'>

export interface Seen {
  band: Route['risk']['band']
  expected: number
  hazards: number
}

/** `hazards` and `expected` are differences; `from` is the band before, where it is another now. */
export interface Rise {
  kind: 'new' | 'rose' | 'fell' | 'same'
  hazards: number
  steps: number
  expected: number
  from: Route['risk']['band'] | null
}

const STEPS: Route['risk']['band'][] = ['low_data', 'low', 'elevated', 'high', 'severe', 'known_hazard']
/** A smaller change is no news: a risk falls a little every second, and rises a little with each report far away. */
const FACTOR = 1.1

export function seenOfRisk(risk: Risk): Seen {
  return { band: risk.band, expected: risk.expected_events, hazards: risk.known_hazards }
}

export function riseOf(seen: Seen | null, risk: Risk): Rise {
  if (seen === null) return { kind: 'new', hazards: 0, steps: 0, expected: 0, from: null }
  const hazards = risk.known_hazards - seen.hazards
  const steps = STEPS.indexOf(risk.band) - STEPS.indexOf(seen.band)
  const expected = risk.expected_events - seen.expected
  const changed = expected !== 0
  const rose = hazards > 0 || steps > 0 || (changed && risk.expected_events >= seen.expected * FACTOR)
  const fell = hazards < 0 || steps < 0 || (changed && risk.expected_events * FACTOR <= seen.expected)
  // What rose in one respect and fell in another is worth a look: it rose.
  const kind = rose ? 'rose' : fell ? 'fell' : 'same'
  return { kind, hazards, steps, expected, from: steps === 0 ? null : seen.band }
}

/** The one that rose more comes first. */
export function byRise(one: Rise, other: Rise): number {
  return (
    RANK[one.kind] - RANK[other.kind] ||
    other.hazards - one.hazards ||
    other.steps - one.steps ||
    other.expected - one.expected
  )
}

/** A route that was never looked at may be anything: it comes before what is known to be as it was. */
const RANK: Record<Rise['kind'], number> = { rose: 0, new: 1, same: 2, fell: 3 }
