/** What changed since a person last looked: the gravest first, what ended apart, and whom each touches. */
import type { Alert, Incident, Route } from '../../api/shapes'
import { gravityOfBand, gravityOfIncident, isOver } from '../../marks/gravity'
import type { View } from './view'

export interface Changes {
  standing: Incident[]
  ended: Incident[]
}

type Filter = Pick<View, 'category' | 'status' | 'hazard' | 'place'>

export function changesSince(incidents: Iterable<Incident>, since: Date, filter: Filter): Changes {
  const changed = [...incidents].filter(
    (incident) => new Date(incident.audit.updated_at) > since && passes(incident, filter),
  )
  return {
    standing: changed.filter((incident) => !isOver(incident)).sort(gravestFirst),
    ended: changed.filter(isOver).sort(gravestFirst),
  }
}

/** The gravest first; of the same gravity, the last changed. */
export function gravestFirst(one: Incident, other: Incident): number {
  return (
    gravityOfIncident(other) - gravityOfIncident(one) ||
    Date.parse(other.audit.updated_at) - Date.parse(one.audit.updated_at)
  )
}

/** Whether an incident is what the filter asks for. */
export function passes({ category, status, hazard_state, location }: Incident, filter: Filter): boolean {
  const has = <Value>(wanted: readonly Value[], value: Value) => wanted.length === 0 || wanted.includes(value)
  const place = plain(filter.place)
  return (
    has(filter.category, category) &&
    has(filter.status, status) &&
    has(filter.hazard, hazard_state) &&
    (place === '' ||
      [location.place_name, location.mgrs, location.admin1, location.admin2].some((text) =>
        plain(text).includes(place),
      ))
  )
}

/** Without case, accents and spaces: people type place names as they hear them. */
function plain(text: string | null | undefined): string {
  return (text ?? '')
    .normalize('NFD')
    .replace(/[\p{M}\s]/gu, '')
    .toLowerCase()
}

/** How an incident moved the risk of a route. */
export interface Move {
  route_id: string
  before: Measure
  after: Measure
}

export interface Measure {
  band: Route['risk']['band']
  expected_events: number
  known_hazards: number
}

/** The data of an event `route.risk_changed`. */
export interface RiskChanged {
  route_id: string
  risk: Measure
  previous_band: Route['risk']['band'] | null
  previous_expected_events: number | null
  previous_known_hazards: number | null
  cause: string | null
}

/** What was moved by one incident, with one more event: from before the first to after the last. */
export function moved(known: readonly Move[], event: RiskChanged): Move[] {
  const { route_id, risk, previous_band, previous_expected_events, previous_known_hazards } = event
  const after = { band: risk.band, expected_events: risk.expected_events, known_hazards: risk.known_hazards }
  const first = known.find((move) => move.route_id === route_id)
  const before = first?.before ?? {
    band: previous_band ?? risk.band,
    expected_events: previous_expected_events ?? risk.expected_events,
    known_hazards: previous_known_hazards ?? risk.known_hazards,
  }
  return [...known.filter((move) => move !== first), { route_id, before, after }]
}

/** Whether a route is worse after it than before: its word, then its hazards, then what is expected. */
export function direction({ before, after }: Move): 'up' | 'down' | 'same' {
  const difference =
    gravityOfBand(after.band) - gravityOfBand(before.band) ||
    after.known_hazards - before.known_hazards ||
    after.expected_events - before.expected_events
  return difference > 0 ? 'up' : difference < 0 ? 'down' : 'same'
}

/** The last alert that each subscription got of each incident, by incident. */
export function alertsByIncident(alerts: Iterable<Alert>): Map<string, Alert[]> {
  const found = new Map<string, Map<string, Alert>>()
  for (const alert of alerts) {
    if (!alert.incident_id) continue
    const those = found.get(alert.incident_id) ?? new Map<string, Alert>()
    const known = those.get(alert.subscription_id)
    if (!known || known.sequence < alert.sequence) those.set(alert.subscription_id, alert)
    found.set(alert.incident_id, those)
  }
  return new Map([...found].map(([incident, those]) => [incident, [...those.values()]]))
}
