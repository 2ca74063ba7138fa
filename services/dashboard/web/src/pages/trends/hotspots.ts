/** The cells of the map with the most incidents, from one or two answers of GET /v1/incident-map. */
import type { IncidentMap, IncidentMapQuery } from '../../api/shapes'
import type { Bounds } from '../../map/bounds'
import { isIncident, queryOf, type ClusterFeature, type IncidentFeature, type Narrowing } from '../../map/incidentMap'

export interface Hotspot {
  count: number
  /** Neither cleared nor none. */
  hazardous: number
  /** Of those that are shown whole; of the cells in which others are shown, the middle. */
  centre: [number, number]
  cell: Bounds
}

export interface Hotspots {
  spots: Hotspot[]
  /** The side of a cell, in degrees. */
  side: number
  total: number
  /** Whether incidents that began before the span may be among them: clusters have no times. */
  mayBeEarlier: boolean
}

type Ask = (query: IncidentMapQuery) => Promise<IncidentMap>

const WORLD: Bounds = [-180, -90, 180, 90]
/** The side of the map's cells at zoom 0, in degrees. */
const SIDE = 45
/** 0.18 degrees: about 20 km from south to north, a day's patrol. */
const ZOOM = 8
/** One incident is no hotspot. */
const LEAST = 2
const MOST = 8

/** The second answer is asked for where the first box had too many cells: of the box around its incidents. */
export async function readHotspots(ask: Ask, box: Bounds | null, narrowing: Narrowing): Promise<Hotspots> {
  const first = await ask(queryOf(box ?? WORLD, ZOOM, narrowing))
  const around = first.form === 'clusters' && first.zoom < ZOOM ? boxAround(first) : null
  return densest(around ? await ask(queryOf(around, ZOOM, narrowing)) : first, narrowing.from ?? null)
}

/** Of single incidents, those that began before `from` are left out. */
export function densest(
  { form, features, zoom, total }: Pick<IncidentMap, 'form' | 'features' | 'zoom' | 'total'>,
  from: string | null,
): Hotspots {
  const side = SIDE / 2 ** (form === 'clusters' ? zoom : ZOOM)
  const spots = new Map<string, Hotspot>()
  for (const feature of features) {
    if (isIncident(feature)) {
      if (from === null || feature.properties.earliest.slice(0, 10) >= from)
        add(spots, side, placeOf(feature), 1, isHazardous(feature))
    } else {
      const { count, hazardous } = feature.properties
      add(spots, side, feature.geometry.coordinates as [number, number], count, hazardous)
    }
  }
  const most = [...spots.values()].filter(({ count }) => count >= LEAST).sort((one, other) => other.count - one.count)
  const mayBeEarlier = from !== null && !features.every(isIncident)
  return { spots: most.slice(0, MOST), side, total, mayBeEarlier }
}

function add(spots: Map<string, Hotspot>, side: number, [x, y]: [number, number], count: number, hazardous: number) {
  const [column, row] = [Math.floor((x + 180) / side), Math.floor((y + 90) / side)]
  const cell: Bounds = [column * side - 180, row * side - 90, (column + 1) * side - 180, (row + 1) * side - 90]
  const known = spots.get(`${column} ${row}`) ?? { count: 0, hazardous: 0, centre: [x, y] as [number, number], cell }
  const total = known.count + count
  const middle = (before: number, now: number) => (before * known.count + now * count) / total
  spots.set(`${column} ${row}`, {
    count: total,
    hazardous: known.hazardous + hazardous,
    centre: [middle(known.centre[0], x), middle(known.centre[1], y)],
    cell,
  })
}

/** An incident that is shown as a cell is counted in its middle, as the map's clusters count it. */
function placeOf({ geometry }: IncidentFeature): [number, number] {
  if (geometry.type === 'Point') return geometry.coordinates as [number, number]
  const ring = (geometry.coordinates[0] ?? []) as number[][]
  const middle = (at: 0 | 1) => {
    const degrees = ring.map((position) => position[at] ?? 0)
    return (Math.min(...degrees) + Math.max(...degrees)) / 2
  }
  return [middle(0), middle(1)]
}

function isHazardous({ properties: { hazard_state } }: IncidentFeature): number {
  return hazard_state === 'cleared' || hazard_state === 'none' ? 0 : 1
}

/** The box around the clusters, or null for none. */
function boxAround({ features }: Pick<IncidentMap, 'features'>): Bounds | null {
  const boxes = features
    .filter((feature): feature is ClusterFeature => !isIncident(feature))
    .map((one) => one.properties)
  if (boxes.length === 0) return null
  return [
    Math.min(...boxes.map(({ west }) => west)),
    Math.min(...boxes.map(({ south }) => south)),
    Math.max(...boxes.map(({ east }) => east)),
    Math.max(...boxes.map(({ north }) => north)),
  ]
}
