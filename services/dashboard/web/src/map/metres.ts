/**
 * Shapes of a size in metres, as degrees: what the map draws must be as large as what it stands for.
 *
 * On a sphere: the error, below 0.6 %, is far below the width of any line that is drawn.
 */
export type Position = readonly [longitude: number, latitude: number, ...rest: number[]]

export const EARTH_M = 6_371_008.8
const RADIANS = Math.PI / 180
const CIRCLE_POINTS = 48
const ROUND_POINTS = 16

/** Great-circle metres (haversine). */
export function metresBetween([x1 = 0, y1 = 0]: readonly number[], [x2 = 0, y2 = 0]: readonly number[]): number {
  const dLatitude = (y2 - y1) * RADIANS
  const dLongitude = (x2 - x1) * RADIANS
  const half =
    Math.sin(dLatitude / 2) ** 2 + Math.cos(y1 * RADIANS) * Math.cos(y2 * RADIANS) * Math.sin(dLongitude / 2) ** 2
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(half)))
}

/** The point `metres` away from `start`, in the direction `bearing` in degrees from north, clockwise. */
export function towards(start: Position, bearing: number, metres: number): [number, number] {
  const angle = metres / EARTH_M
  const latitude = start[1] * RADIANS
  const course = bearing * RADIANS
  const end = Math.asin(Math.sin(latitude) * Math.cos(angle) + Math.cos(latitude) * Math.sin(angle) * Math.cos(course))
  const turn = Math.atan2(
    Math.sin(course) * Math.sin(angle) * Math.cos(latitude),
    Math.cos(angle) - Math.sin(latitude) * Math.sin(end),
  )
  return [start[0] + turn / RADIANS, end / RADIANS]
}

/** The ring of a circle, closed. */
export function circle(center: Position, radius: number, points = CIRCLE_POINTS): [number, number][] {
  const ring = Array.from({ length: points }, (_, at) => towards(center, (-360 * at) / points, radius))
  return [...ring, ring[0] ?? towards(center, 0, radius)]
}

function bearing(one: Position, other: Position): number {
  const [from, to] = [one[1] * RADIANS, other[1] * RADIANS]
  const turn = (other[0] - one[0]) * RADIANS
  const y = Math.sin(turn) * Math.cos(to)
  const x = Math.cos(from) * Math.sin(to) - Math.sin(from) * Math.cos(to) * Math.cos(turn)
  return Math.atan2(y, x) / RADIANS
}

/** What lies within `width` of a line: a circle at each of its points and a band between, which overlap. */
export function corridor(line: readonly Position[], width: number): [number, number][][][] {
  const parts: [number, number][][][] = []
  line.forEach((point, at) => {
    parts.push([circle(point, width, ROUND_POINTS)])
    const next = line[at + 1]
    if (!next) return
    const course = bearing(point, next)
    const start = towards(point, course - 90, width)
    const far = [
      towards(next, course - 90, width),
      towards(next, course + 90, width),
      towards(point, course + 90, width),
    ]
    parts.push([[start, ...far, start].reverse() as [number, number][]])
  })
  return parts
}

/** The point at a distance along a line, or null beyond its end. */
export function pointAlong(line: readonly Position[], metres: number): [number, number] | null {
  let left = metres
  for (const [at, point] of line.entries()) {
    const next = line[at + 1]
    if (!next) return left <= 0.5 ? [point[0], point[1]] : null
    const length = metresBetween(point, next)
    if (left <= length) {
      const part = length === 0 ? 0 : left / length
      return [point[0] + (next[0] - point[0]) * part, point[1] + (next[1] - point[1]) * part]
    }
    left -= length
  }
  return null
}

/** The part of a line between two distances along it. */
export function stretch(line: readonly Position[], from: number, to: number): [number, number][] {
  const inside: [number, number][] = []
  let passed = 0
  line.forEach((point, at) => {
    if (passed > from && passed < to) inside.push([point[0], point[1]])
    const next = line[at + 1]
    if (next) passed += metresBetween(point, next)
  })
  const [start, end] = [pointAlong(line, from), pointAlong(line, Math.min(to, passed))]
  return [...(start ? [start] : []), ...inside, ...(end ? [end] : [])]
}

/** How often a kilometre mark is shown: each 10th from afar, each 5th nearer, each one near. */
export interface KilometreMark {
  at: [number, number]
  kilometre: number
  every: 10 | 5 | 1
}

export function kilometreMarks(line: readonly Position[]): KilometreMark[] {
  const marks: KilometreMark[] = []
  for (let kilometre = 0; ; kilometre++) {
    const at = pointAlong(line, kilometre * 1000)
    if (!at) return marks
    marks.push({ at, kilometre, every: kilometre % 10 === 0 ? 10 : kilometre % 5 === 0 ? 5 : 1 })
  }
}
