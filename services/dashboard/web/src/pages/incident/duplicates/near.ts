/** Which changes of other incidents may change what is suggested for this one: only then it is asked for again. */
import type { Incident } from '../../../api/shapes'
import { metresBetween } from '../../../map/metres'

/** As far apart as one event may be, where both places are known to a few metres. */
const NEAREST_M = 500

export function mayConcern(
  other: Incident,
  incident: Incident,
  suggested: readonly { incident: { incident_id: string } }[],
): boolean {
  if (other.incident_id === incident.incident_id) return false
  if (suggested.some((one) => one.incident.incident_id === other.incident_id)) return true
  const [here, there] = [incident.location.point, other.location.point]
  if (!here || !there) return true
  const within = Math.max(NEAREST_M, incident.location.uncertainty_m + other.location.uncertainty_m)
  return metresBetween(here.coordinates, there.coordinates) <= within
}
