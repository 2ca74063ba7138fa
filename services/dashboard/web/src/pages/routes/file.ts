/** The lines in a file that a person chose: GeoJSON, GPX or KML, and what of it is not used. */
import { gpx, kml } from '@tmcw/togeojson'
import simplify from '@turf/simplify'
import { lengthOf, type Position } from './along'

export interface FoundLine {
  name: string | null
  coordinates: Position[]
  length_m: number
}

/** Counted in vertices, except `others`: points and areas, which are no line. */
export interface FoundFile {
  lines: FoundLine[]
  heights: number
  repeated: number
  others: number
}

export type FileProblem = 'unreadable' | 'no_line' | 'outside'

/** Thrown where a file has nothing that a route can be made of. */
export class UnusableFile extends Error {
  readonly problem: FileProblem
  constructor(problem: FileProblem) {
    super(problem)
    this.problem = problem
  }
}

type ParseXml = (text: string) => Document

/** What the server stores of a line at most. */
export const MOST_VERTICES = 5000

export function readFile(text: string, parseXml: ParseXml): FoundFile {
  const found: FoundFile = { lines: [], heights: 0, repeated: 0, others: 0 }
  for (const { geometry, properties } of featuresIn(text, parseXml)) {
    const named = properties?.name
    take(geometry, typeof named === 'string' && named.trim() ? named.trim() : null, found)
  }
  if (found.lines.length === 0) throw new UnusableFile('no_line')
  return found
}

/** At most `MOST_VERTICES`: those within `tolerance_m` of the line that remains are left out. */
export function thinned(line: Position[]): { coordinates: Position[]; tolerance_m: number } {
  let coordinates = line
  let tolerance_m = 0
  while (coordinates.length > MOST_VERTICES) {
    tolerance_m = tolerance_m === 0 ? 1 : tolerance_m * 2
    const thin = simplify({ type: 'LineString', coordinates: line }, { tolerance: tolerance_m / 111_195 })
    coordinates = thin.coordinates as Position[]
  }
  return { coordinates, tolerance_m }
}

interface FoundFeature {
  geometry: GeoJSON.Geometry | null
  properties?: GeoJSON.GeoJsonProperties
}

function featuresIn(text: string, parseXml: ParseXml): FoundFeature[] {
  if (!text.trimStart().startsWith('<')) return featuresOf(parsed(text))
  let document: Document
  try {
    document = parseXml(text)
  } catch {
    throw new UnusableFile('unreadable')
  }
  // A browser's parser does not throw: it writes what it found wrong into the document.
  if (document.getElementsByTagName('parsererror').length > 0) throw new UnusableFile('unreadable')
  const root = document.documentElement?.localName
  if (root === 'gpx') return gpx(document).features
  if (root === 'kml') return kml(document).features
  throw new UnusableFile('unreadable')
}

function parsed(text: string): GeoJSON.GeoJSON {
  try {
    // A file from Windows may begin with a byte order mark.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    if (typeof value === 'object' && value !== null && 'type' in value) return value as GeoJSON.GeoJSON
  } catch {
    // Said below.
  }
  throw new UnusableFile('unreadable')
}

function featuresOf(value: GeoJSON.GeoJSON): FoundFeature[] {
  if (value.type === 'FeatureCollection') return value.features
  return value.type === 'Feature' ? [value] : [{ geometry: value }]
}

function take(geometry: GeoJSON.Geometry | null, name: string | null, found: FoundFile): void {
  if (geometry === null) return
  if (geometry.type === 'LineString') takeLine(geometry.coordinates, name, found)
  else if (geometry.type === 'MultiLineString') {
    for (const part of geometry.coordinates) takeLine(part, name, found)
  } else if (geometry.type === 'GeometryCollection') {
    for (const part of geometry.geometries) take(part, name, found)
  } else found.others += 1
}

function takeLine(vertices: GeoJSON.Position[], name: string | null, found: FoundFile): void {
  const coordinates: Position[] = []
  for (const [x, y, height] of vertices) {
    if (!isOnEarth(x, y)) throw new UnusableFile('outside')
    if (height !== undefined) found.heights += 1
    const last = coordinates.at(-1)
    if (last && last[0] === x && last[1] === y) found.repeated += 1
    else coordinates.push([x as number, y as number])
  }
  if (coordinates.length >= 2) found.lines.push({ name, coordinates, length_m: lengthOf(coordinates) })
}

/** Metres of a map grid, or latitude first beyond 90 degrees, are no degrees. */
function isOnEarth(x: unknown, y: unknown): boolean {
  return typeof x === 'number' && typeof y === 'number' && Math.abs(x) <= 180 && Math.abs(y) <= 90
}
