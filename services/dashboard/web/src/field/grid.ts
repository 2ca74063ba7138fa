/** MGRS as people type it, and as it is shown. */
import { forward, inverse } from 'mgrs'
import type { Place } from './draft'

const REFERENCE = /^(\d{1,2}[C-HJ-NP-X][A-HJ-NP-Z]{2})(\d*)$/
const FINEST_DIGITS = 5
/** A reference to the metre comes from a receiver, which is not that exact. */
const RECEIVER_M = 25
const HALF_DIAGONAL = Math.SQRT1_2

export type NotRead = 'form' | 'uneven' | 'square'

/** The middle of the cell that is named, and a circle that holds the cell; or why it is not read. */
export function readGrid(typed: string): Place | NotRead {
  const text = typed.toUpperCase().replace(/[\s.,-]/g, '')
  const [, square, digits] = REFERENCE.exec(text) ?? []
  if (square === undefined || digits === undefined || digits.length > 2 * FINEST_DIGITS) return 'form'
  if (digits.length % 2 === 1) return 'uneven'
  const each = digits.length / 2
  let middle: [number, number]
  try {
    const [west, south, east, north] = inverse(text)
    middle = [(west + east) / 2, (south + north) / 2]
    // A square that is not in its zone is read as another place: it does not come back as it was typed.
    if (forward(middle, each).replace(/^0/, '') !== text.replace(/^0/, '')) return 'square'
  } catch {
    return 'square'
  }
  const uncertaintyM = Math.max(RECEIVER_M, Math.ceil(10 ** (FINEST_DIGITS - each) * HALF_DIAGONAL))
  return { by: 'mgrs', longitude: degrees(middle[0]), latitude: degrees(middle[1]), uncertaintyM }
}

/** The reference to one metre, in groups; null near the poles, where it has another form. */
export function gridOf({ longitude, latitude }: Pick<Place, 'longitude' | 'latitude'>): string | null {
  if (latitude < -80 || latitude > 84) return null
  return forward([longitude, latitude]).replace(/^(\d+[A-Z])([A-Z]{2})(\d{5})(\d{5})$/, '$1 $2 $3 $4')
}

/** A tenth of a metre: more digits would only look exact. */
export function degrees(value: number): number {
  return Number(value.toFixed(6))
}
