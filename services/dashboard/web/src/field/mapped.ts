/** What a finger on a map says: a point, and how far off it may be at that scale. */
import type { Place } from './draft'
import { degrees } from './grid'

const EQUATOR_M = 40_075_017
/** The map's tiles are of 512 pixels. */
const TILE = 512
/** Half a fingertip. */
const FINGER_PX = 15
const LEAST_M = 25
const MOST_M = 1_000_000

export function circleOf(longitude: number, latitude: number, zoom: number): Place {
  const metresOfPixel = (EQUATOR_M * Math.cos((latitude * Math.PI) / 180)) / (TILE * 2 ** zoom)
  return {
    by: 'map',
    // The map may be turned around the world more than once.
    longitude: degrees(((((longitude + 180) % 360) + 360) % 360) - 180),
    latitude: degrees(latitude),
    uncertaintyM: Math.min(MOST_M, Math.max(LEAST_M, Math.ceil(metresOfPixel * FINGER_PX))),
  }
}
