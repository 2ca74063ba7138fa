/**
 * One scale of gravity for everything that is shown, from 0 to 4, so that the same colour means the same on every page.
 */
import type { Alert, Incident, Route } from '../api/shapes'

export type Gravity = 0 | 1 | 2 | 3 | 4

const HAZARD: Record<Incident['hazard_state'], Gravity> = {
  active: 4,
  suspected: 3,
  unknown: 2,
  marked: 2,
  cleared: 0,
  none: 0,
}

const OVER: readonly Incident['status'][] = ['retracted', 'merged']

/** An incident's: of the hazard that may still be there; one with casualties is never below 2. */
export function gravityOfIncident(incident: Pick<Incident, 'hazard_state' | 'status' | 'casualties'>): Gravity {
  if (OVER.includes(incident.status)) return 0
  const gravity = HAZARD[incident.hazard_state]
  return incident.casualties.length > 0 && gravity < 2 ? 2 : gravity
}

const BAND: Record<Route['risk']['band'], Gravity> = {
  known_hazard: 4,
  severe: 4,
  high: 3,
  elevated: 2,
  low: 1,
  low_data: 0,
}

export function gravityOfBand(band: Route['risk']['band']): Gravity {
  return BAND[band]
}

const SEVERITY: Record<Alert['severity'], Gravity> = { extreme: 4, severe: 3, moderate: 2, minor: 1, unknown: 2 }

export function gravityOfAlert(alert: Pick<Alert, 'severity' | 'kind'>): Gravity {
  return alert.kind === 'cancelled' ? 0 : SEVERITY[alert.severity]
}

/** Whether nothing is left of it: it is shown below what stands. */
export function isOver(incident: Pick<Incident, 'hazard_state' | 'status'>): boolean {
  return OVER.includes(incident.status) || HAZARD[incident.hazard_state] === 0
}
