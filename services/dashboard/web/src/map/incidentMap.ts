/**
 * What the map draws of incidents: the answers of GET /v1/incident-map for the box that is shown.
 *
 * Few incidents come one by one, many in clusters; a key that may not read one whole gets the cell that it is in.
 */
import type { Incident } from '../api/shapes'
import { textOfBounds, type Bounds } from './bounds'

export interface MappedIncident {
  incident_id: string
  revision: number
  category: Incident['category']
  status: Incident['status']
  hazard_state: Incident['hazard_state']
  uncertainty_m: number
  exercise: boolean
  earliest: string
  form: 'full' | 'reduced'
}

export interface Cluster {
  count: number
  gravest: Incident['hazard_state']
  west: number
  south: number
  east: number
  north: number
}

export type IncidentFeature = GeoJSON.Feature<GeoJSON.Point | GeoJSON.Polygon, MappedIncident>
export type ClusterFeature = GeoJSON.Feature<GeoJSON.Point, Cluster>

export interface IncidentMap {
  form: 'incidents' | 'clusters'
  total: number
  zoom: number
  features: (IncidentFeature | ClusterFeature)[]
}

/** What is asked for, beside the place. Times are ISO 8601; what is missing does not narrow. */
export interface Narrowing {
  from?: string
  to?: string
  as_of?: string
  category?: readonly string[]
  status?: readonly string[]
  hazard_state?: readonly string[]
}

/** The gravest first, as the API ranks them. */
const BY_GRAVITY: readonly Incident['hazard_state'][] = ['active', 'suspected', 'marked', 'unknown', 'cleared', 'none']
/** The side of the grid's cells at zoom 0, in degrees. */
const SIDE = 45
const DEEPEST = 22

export function addressOf(bounds: Bounds, zoom: number, narrowing: Narrowing): string {
  const query = new URLSearchParams({ bbox: textOfBounds(boxFor(bounds)), zoom: String(wholeZoom(zoom)) })
  for (const [name, value] of Object.entries(narrowing) as [string, string | readonly string[] | undefined][])
    for (const one of value === undefined ? [] : [value].flat()) query.append(name, one)
  return `/v1/incident-map?${query}`
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

/** Two answers about the same box as one: no incident twice, and one cluster for each cell. */
export function joined(one: IncidentMap, other: IncidentMap): IncidentMap['features'] {
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

export function isIncident(feature: IncidentFeature | ClusterFeature): feature is IncidentFeature {
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
      gravest: BY_GRAVITY.find((state) => state === a.gravest || state === b.gravest) ?? 'unknown',
      west: Math.min(a.west, b.west),
      south: Math.min(a.south, b.south),
      east: Math.max(a.east, b.east),
      north: Math.max(a.north, b.north),
    },
  }
}
