/**
 * What the map draws of incidents: the answers of GET /v1/incident-map for the box that is shown.
 *
 * Few incidents come one by one, many in clusters; a key that may not read one whole gets the cell that it is in.
 */
import type { Incident, IncidentMap, IncidentMapQuery } from '../api/shapes'
import { textOfBounds, type Bounds } from './bounds'

type Mapped = IncidentMap['features'][number]
export type IncidentFeature = Extract<Mapped, { properties: { incident_id: string } }>
export type ClusterFeature = Extract<Mapped, { properties: { count: number } }>

/** What is asked for, beside the place. What is missing does not narrow. */
export type Narrowing = Pick<
  IncidentMapQuery,
  'from' | 'to' | 'as_of' | 'category' | 'status' | 'hazard_state' | 'exercises'
>

/** The gravest first, as the API ranks them. */
const BY_GRAVITY: readonly Incident['hazard_state'][] = ['active', 'suspected', 'marked', 'unknown', 'cleared', 'none']
/** The side of the grid's cells at zoom 0, in degrees. */
const SIDE = 45
const DEEPEST = 22

export function queryOf(bounds: Bounds, zoom: number, narrowing: Narrowing): IncidentMapQuery {
  return { bbox: textOfBounds(boxFor(bounds)), zoom: wholeZoom(zoom), ...narrowing }
}

/** The API's box for what is shown: within the world, and with the 180th meridian inside where it is shown. */
export function boxFor([west, south, east, north]: Bounds): Bounds {
  const [bottom, top] = [Math.max(-90, south), Math.min(90, north)]
  if (east - west >= 360) return [-180, bottom, 180, top]
  const turned = (degrees: number) => ((((degrees + 180) % 360) + 360) % 360) - 180
  return [turned(west), bottom, turned(east), top]
}

function wholeZoom(zoom: number): number {
  return Math.min(DEEPEST, Math.max(0, Math.floor(zoom)))
}

type Answer = Pick<IncidentMap, 'features' | 'zoom'>

/** Two answers about the same box as one: no incident twice, and one cluster for each cell. */
export function joined(one: Answer, other: Answer): IncidentMap['features'] {
  const incidents = new Map<string, IncidentFeature>()
  const clusters = new Map<string, ClusterFeature>()
  for (const { features, zoom } of [one, other])
    for (const feature of features) {
      if (isIncident(feature)) {
        incidents.set(feature.properties.incident_id, feature)
        continue
      }
      const cell = `${zoom} ${feature.geometry.coordinates.map((degrees) => Math.floor((degrees + 180) / (SIDE / 2 ** zoom)))}`
      const known = clusters.get(cell)
      clusters.set(cell, known ? together(known, feature) : feature)
    }
  return [...incidents.values(), ...clusters.values()]
}

export function isIncident(feature: Mapped): feature is IncidentFeature {
  return 'incident_id' in feature.properties
}

function together(one: ClusterFeature, other: ClusterFeature): ClusterFeature {
  const [a, b] = [one.properties, other.properties]
  const count = a.count + b.count
  const middle = (at: 0 | 1) =>
    ((one.geometry.coordinates[at] ?? 0) * a.count + (other.geometry.coordinates[at] ?? 0) * b.count) / count
  return {
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [middle(0), middle(1)] },
    properties: {
      count,
      hazardous: a.hazardous + b.hazardous,
      active: a.active + b.active,
      unknown: a.unknown + b.unknown,
      reduced: a.reduced + b.reduced,
      gravest: BY_GRAVITY.find((state) => state === a.gravest || state === b.gravest) ?? 'unknown',
      west: Math.min(a.west, b.west),
      south: Math.min(a.south, b.south),
      east: Math.max(a.east, b.east),
      north: Math.max(a.north, b.north),
    },
  }
}
