/** Two places with their uncertainty as a drawing to scale, north up: shapes in a square of 100 by 100. */
import type { Incident } from '../../../api/shapes'
import { metresBetween } from '../../../map/metres'

export interface Spot {
  x: number
  y: number
  /** The radius of what is uncertain. */
  reach: number
}

export interface Drawn {
  spots: [Spot, Spot]
  /** A length in metres that is easily read, and how long it is drawn. */
  scale: { metres: number; length: number }
}

const SIZE = 100
const MARGIN = 6
/** The bar of the scale is at most so long. */
const LONGEST = 40
/** Two places at one point, known exactly, are drawn as if something lay between. */
const LEAST_M = 10

type Located = Pick<Incident, 'location'>

/** Null where a place is not known. */
export function sketchOf(one: Located, other: Located): Drawn | null {
  const [here, there] = [one.location.point?.coordinates, other.location.point?.coordinates]
  if (!here || !there) return null
  const [x, y] = offset(here, there)
  const [mine, its] = [one.location.uncertainty_m, other.location.uncertainty_m]
  const [west, east] = [Math.min(-mine, x - its), Math.max(mine, x + its)]
  const [south, north] = [Math.min(-mine, y - its), Math.max(mine, y + its)]
  const perMetre = (SIZE - 2 * MARGIN) / Math.max(LEAST_M, east - west, north - south)
  const [middleX, middleY] = [(west + east) / 2, (south + north) / 2]
  const spot = (east: number, north: number, reach: number): Spot => ({
    x: SIZE / 2 + (east - middleX) * perMetre,
    y: SIZE / 2 - (north - middleY) * perMetre,
    reach: reach * perMetre,
  })
  const metres = roundLength(LONGEST / perMetre)
  return { spots: [spot(0, 0, mine), spot(x, y, its)], scale: { metres, length: metres * perMetre } }
}

/** Metres east and north of the one place to the other; over the antimeridian the short way. */
function offset(here: readonly number[], there: readonly number[]): [number, number] {
  const [longitude = 0, latitude = 0] = here
  const [otherLongitude = 0, otherLatitude = 0] = there
  const turn = ((((otherLongitude - longitude + 180) % 360) + 360) % 360) - 180
  const east = metresBetween([0, latitude], [turn, latitude]) * Math.sign(turn)
  return [east, metresBetween([0, latitude], [0, otherLatitude]) * Math.sign(otherLatitude - latitude)]
}

/** The greatest of 1, 2, 5, 10, 20 … that is not above it. */
function roundLength(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres))
  return ([5, 2, 1].find((step) => step * power <= metres) ?? 1) * power
}
