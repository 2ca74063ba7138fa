/** Which routes an incident touches, as the API says it: the hazards that stand on a route, and what its risk counts. */
import type { Explanation } from '../../api/schema'
import type { Route } from '../../api/shapes'
import { metresBetween } from '../../map/metres'

/** A route farther than this has nothing of the incident: its risk is not asked for. */
const REACH_M = 25_000

export interface Touched {
  route_id: string
  name: string
  /** Where it stands on the route, by kilometre; empty where it does not stand there. */
  stretches: { from_km: number; to_km: number }[]
  /** Its part of the expected incidents; null where it is not counted. */
  expected: number | null
  /** Of the line; null where the key may not read it. */
  distance_m: number | null
}

/** The routes that may have something of it. `reach_m` is how far its place may be from the point. */
export function routesNear(routes: readonly Route[], point: readonly number[], reach_m: number): Route[] {
  return routes.filter(({ line }) => {
    const points = line.coordinates
    // Between two points of a line nothing is nearer than half of their distance.
    return points.some((one, index) => {
      const before = points[index - 1]
      const half = before ? metresBetween(before, one) / 2 : 0
      return metresBetween(one, point) <= REACH_M + reach_m + half * 2
    })
  })
}

/** What a route's explanation says of one incident; null when nothing. */
export function touchedBy(
  incident_id: string,
  route: Pick<Route, 'route_id' | 'name'>,
  { hazards, contributions }: Pick<Explanation, 'hazards' | 'contributions'>,
): Touched | null {
  const hazard = hazards.find((one) => one.incident_id === incident_id)
  const part = contributions.find((one) => one.incident_id === incident_id)
  if (!hazard && !part) return null
  return {
    route_id: route.route_id,
    name: route.name,
    stretches: hazard?.stretches ?? [],
    expected: part?.expected_events ?? null,
    distance_m: hazard?.distance_m ?? part?.distance_m ?? null,
  }
}

/** Where it stands first, then where it counts most. */
export function gravestFirst(one: Touched, other: Touched): number {
  return other.stretches.length - one.stretches.length || (other.expected ?? 0) - (one.expected ?? 0)
}
