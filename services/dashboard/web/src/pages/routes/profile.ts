/** A route kilometre by kilometre: where the incidents behind its risk are, what stands on it, what was verified. */
import { nearestKm, type Position } from './along'

interface Stretch {
  from_km: number
  to_km: number
}

export interface ProfileInput {
  line: Position[]
  length_m: number
  /** The incidents' parts in the expected events. */
  contributions: { incident_id: string; expected_events: number }[]
  /** Where an incident is, if that is known here. */
  place(incident_id: string): Position | null
  hazards: { stretches: Stretch[] }[]
  areas: { stretches: Stretch[] }[]
  verified: (Stretch & { age_days: number | null })[]
}

/** `expected` of the incidents that are nearest to this kilometre; `verified` of its oldest check, null for none. */
export interface Kilometre extends Stretch {
  expected: number
  incidents: number
  hazards: number
  areas: number
  verified_days: number | null
}

export interface Profile {
  kilometres: Kilometre[]
  /** Of the contributions whose place is not known here. */
  unplaced: { expected: number; incidents: number }
}

/** The most steps that a chart or a table can be read with. */
const MOST_STEPS = 120
const STEPS_KM = [1, 2, 5, 10, 20, 50]

export function profileOf(input: ProfileInput): Profile {
  const length = input.length_m / 1000
  const step = STEPS_KM.find((km) => length / km <= MOST_STEPS) ?? 100
  const kilometres = Array.from({ length: Math.max(1, Math.ceil(length / step)) }, (_, index) =>
    describe(input, index * step, Math.min(length, (index + 1) * step)),
  )
  const unplaced = { expected: 0, incidents: 0 }
  for (const { incident_id, expected_events } of input.contributions) {
    const place = input.place(incident_id)
    const km = place && nearestKm(input.line, place, input.length_m)
    const at = km === null ? null : kilometres[Math.min(kilometres.length - 1, Math.floor(km / step))]
    if (at) {
      at.expected += expected_events
      at.incidents += 1
    } else {
      unplaced.expected += expected_events
      unplaced.incidents += 1
    }
  }
  return { kilometres, unplaced }
}

function describe({ hazards, areas, verified }: ProfileInput, from_km: number, to_km: number): Kilometre {
  const here = ({ stretches }: { stretches: Stretch[] }) =>
    stretches.some((stretch) => touches(stretch, from_km, to_km))
  const ages = verified
    .filter((stretch) => stretch.from_km < to_km && stretch.to_km > from_km)
    .map(({ age_days }) => age_days)
  return {
    from_km,
    to_km,
    expected: 0,
    incidents: 0,
    hazards: hazards.filter(here).length,
    areas: areas.filter(here).length,
    // A kilometre is as well verified as the least verified part of it.
    verified_days: ages.length === 0 || ages.includes(null) ? null : Math.max(...ages.map(Number)),
  }
}

/** A point hazard may have a stretch without length. */
function touches(stretch: Stretch, from_km: number, to_km: number): boolean {
  return stretch.from_km <= to_km && stretch.to_km >= from_km
}
