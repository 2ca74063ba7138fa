/** Where things are along a route: kilometres from the start of its line. */
import { metresBetween } from '../../map/metres'

export type Position = [longitude: number, latitude: number]

const RADIANS = Math.PI / 180

/** In metres. The server measures on the ellipsoid: up to 0.5 % apart. */
export function lengthOf(line: Position[]): number {
  return legs(line).reduce((sum, { metres }) => sum + metres, 0)
}

/** The kilometre of the nearest point of the line, where the whole line has `length_m` metres as the server says. */
export function nearestKm(line: Position[], point: Position, length_m: number): number {
  let nearest = { away: Infinity, metres: 0 }
  let before = 0
  for (const { from, to, metres } of legs(line)) {
    // In the small: a plane in which a degree of longitude is as long as at the point's latitude.
    const scale = Math.cos(point[1] * RADIANS)
    const [dx, dy] = [east(to[0] - from[0]) * scale, to[1] - from[1]]
    const [px, py] = [east(point[0] - from[0]) * scale, point[1] - from[1]]
    const square = dx * dx + dy * dy
    const share = square === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / square))
    const away = Math.hypot(px - share * dx, py - share * dy)
    if (away < nearest.away) nearest = { away, metres: before + share * metres }
    before += metres
  }
  return before === 0 ? 0 : ((nearest.metres / before) * length_m) / 1000
}

function legs(line: Position[]): { from: Position; to: Position; metres: number }[] {
  return line.slice(1).map((to, index) => {
    const from = line[index] ?? to
    return { from, to, metres: metresBetween(from, to) }
  })
}

/** A difference of longitudes, the short way round. */
function east(degrees: number): number {
  return degrees - 360 * Math.round(degrees / 360)
}
