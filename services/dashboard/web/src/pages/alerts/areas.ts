/** The area of a filter, as the form and the map have it, and back. */
import type { Feature, Geometry, MultiPolygon, Polygon } from 'geojson'
import type { Area, Route } from '../../api/shapes'
import { boundsAround, type Bounds } from '../../map/bounds'
import { circle, corridor, metresBetween, type Position } from '../../map/metres'

/** `everything` is drawn nowhere, `route` is picked from the list, the others are drawn. */
export const AREA_TYPES = ['everything', 'circle', 'polygon', 'corridor', 'route'] as const
export type AreaType = (typeof AREA_TYPES)[number]
export type Drawn = 'circle' | 'polygon' | 'linestring'
type Point = [longitude: number, latitude: number]

/** What a person has entered so far. Each type keeps its own, so that nothing is lost by looking at another. */
export interface AreaEntry {
  type: AreaType
  center: Point | null
  radius_m: number
  ring: Point[]
  /** What of the ring is left out. A ring that is drawn anew has none. */
  holes: Point[][]
  line: Point[]
  route_id: string | null
  width_m: number
}

/** A millionth of a degree is a tenth of a metre. */
const DECIMALS = 6
const EQUATOR_M = 40_075_017
const TILE_PIXELS = 512
const RADIUS_M = 5_000
const WIDTH_M = 2_000
export const REACH_M = { least: 1, most: 500_000 } as const

export function noEntry(): AreaEntry {
  return {
    type: 'circle',
    center: null,
    radius_m: RADIUS_M,
    ring: [],
    holes: [],
    line: [],
    route_id: null,
    width_m: WIDTH_M,
  }
}

export function entryOf(area: Area): AreaEntry {
  const entry = { ...noEntry(), type: area.type }
  switch (area.type) {
    case 'circle':
      return { ...entry, center: point(area.center.coordinates), radius_m: area.radius_m }
    case 'polygon':
      return {
        ...entry,
        ring: points(area.polygon.coordinates[0] ?? []),
        holes: area.polygon.coordinates.slice(1).map(points),
      }
    case 'corridor':
      return { ...entry, line: points(area.line.coordinates), width_m: area.width_m }
    case 'route':
      return { ...entry, route_id: area.route_id, width_m: area.width_m }
    case 'everything':
      return entry
  }
}

/** Null while something is missing. The server checks the rest, and says what to do. */
export function areaOf(entry: AreaEntry): Area | null {
  switch (entry.type) {
    case 'everything':
      return { type: 'everything' }
    case 'circle':
      if (!entry.center || !isReach(entry.radius_m)) return null
      return { type: 'circle', center: { type: 'Point', coordinates: entry.center }, radius_m: entry.radius_m }
    case 'polygon':
      if (entry.ring.length < 4) return null
      return { type: 'polygon', polygon: { type: 'Polygon', coordinates: [entry.ring, ...entry.holes] } }
    case 'corridor':
      if (entry.line.length < 2 || !isReach(entry.width_m)) return null
      return { type: 'corridor', line: { type: 'LineString', coordinates: entry.line }, width_m: entry.width_m }
    case 'route':
      if (!entry.route_id || !isReach(entry.width_m)) return null
      return { type: 'route', route_id: entry.route_id, width_m: entry.width_m }
  }
}

/** What a person has drawn, as an entry. A circle is drawn as a ring around its centre. */
export function withDrawn(entry: AreaEntry, geometry: Geometry): AreaEntry {
  if (geometry.type === 'LineString') return { ...entry, line: points(geometry.coordinates) }
  if (geometry.type !== 'Polygon') return entry
  const ring = points(geometry.coordinates[0] ?? [])
  if (entry.type !== 'circle') return { ...entry, ring, holes: [] }
  const box = boundsAround(ring)
  const edge = ring[0]
  if (!box || !edge) return entry
  const center = point([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
  return { ...entry, center, radius_m: Math.max(1, Math.round(radiusOf(center, ring))) }
}

/** What a person can drag on: the middle of an area, not what lies within reach of it. */
export function drawnOf(entry: AreaEntry): { mode: Drawn; geometry: Geometry } | null {
  if (entry.type === 'circle' && entry.center)
    return {
      mode: 'circle',
      geometry: { type: 'Polygon', coordinates: [rounded(circle(entry.center, entry.radius_m))] },
    }
  if (entry.type === 'polygon' && entry.ring.length >= 4)
    return { mode: 'polygon', geometry: { type: 'Polygon', coordinates: [entry.ring] } }
  if (entry.type === 'corridor' && entry.line.length >= 2)
    return { mode: 'linestring', geometry: { type: 'LineString', coordinates: entry.line } }
  return null
}

/** The ground that an area covers; null for the whole mission, and for a route that is not known. */
export function groundOf(area: Area, routes: ReadonlyMap<string, Route>): Feature<Polygon | MultiPolygon> | null {
  switch (area.type) {
    case 'circle':
      return polygon([circle(area.center.coordinates as unknown as Position, area.radius_m)])
    case 'polygon':
      return polygon(area.polygon.coordinates.map(points))
    case 'corridor':
    case 'route': {
      const line = lineOf(area, routes)
      return line ? band(line, area.width_m) : null
    }
    case 'everything':
      return null
  }
}

/** The middle of a corridor; null for other areas, and for a route that is not known. */
export function lineOf(area: Area, routes: ReadonlyMap<string, Route>): Point[] | null {
  if (area.type === 'corridor') return points(area.line.coordinates)
  const route = area.type === 'route' ? routes.get(area.route_id) : undefined
  return route ? points(route.line.coordinates) : null
}

/** How many pixels wide a corridor is where the whole earth is one tile of the map; each zoom doubles it. */
export function pixelsOf(line: readonly Position[], width: number): number {
  const latitude = line.reduce((sum, [, degrees]) => sum + degrees, 0) / line.length
  const around = EQUATOR_M * Math.cos((latitude * Math.PI) / 180)
  return (2 * width * TILE_PIXELS) / around
}

export function boundsOf(ground: Feature<Polygon | MultiPolygon> | null): Bounds | null {
  return ground ? boundsAround(ground.geometry.coordinates) : null
}

export function lengthOf(line: readonly Position[]): number {
  return line.reduce((sum, end, at) => sum + (at === 0 ? 0 : metresBetween(line[at - 1] ?? end, end)), 0)
}

function radiusOf(center: Point, ring: Point[]): number {
  return ring.reduce((sum, edge) => sum + metresBetween(center, edge), 0) / ring.length
}

function isReach(metres: number): boolean {
  return Number.isFinite(metres) && metres >= REACH_M.least && metres <= REACH_M.most
}

function polygon(coordinates: Point[][]): Feature<Polygon> {
  return { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates } }
}

function band(line: Point[], width: number): Feature<MultiPolygon> {
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates: corridor(line, width) } }
}

function rounded(ring: Point[]): Point[] {
  return ring.map(point)
}

function points(coordinates: readonly (readonly unknown[])[]): Point[] {
  return coordinates.map(point)
}

function point(position: readonly unknown[]): Point {
  const [longitude, latitude] = position
  return [round(Number(longitude)), round(Number(latitude))]
}

function round(degrees: number): number {
  return Number(degrees.toFixed(DECIMALS))
}
