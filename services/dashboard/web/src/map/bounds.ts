/** What a map shows: west, south, east and north in degrees, as the API's `bbox` and the address have it. */
export type Bounds = [west: number, south: number, east: number, north: number]

type Coordinates = readonly number[]
type Nested = Coordinates | readonly Nested[]

/** About 11 m: an address does not change for less. */
const DECIMALS = 4

export function textOfBounds(bounds: Bounds): string {
  return bounds.map((degrees) => String(Number(degrees.toFixed(DECIMALS)))).join(',')
}

/** Null for what is no box: a person may have typed it. */
export function boundsOfText(text: string | null): Bounds | null {
  const numbers = (text ?? '').split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  const [west, south, east, north] = numbers
  if (numbers.length !== 4 || !numbers.every(Number.isFinite)) return null
  if (west === undefined || south === undefined || east === undefined || north === undefined) return null
  if (south >= north || west >= east || south < -90 || north > 90 || west < -540 || east > 540) return null
  return [west, south, east, north]
}

export function sameBounds(one: Bounds | null | undefined, other: Bounds | null | undefined): boolean {
  if (!one || !other) return !one && !other
  return textOfBounds(one) === textOfBounds(other)
}

/** The smallest box around coordinates of any depth, or null for none. Across the 180th meridian it is the wide one. */
export function boundsAround(coordinates: Nested): Bounds | null {
  let box: Bounds | null = null
  const take = (part: Nested): void => {
    const [x, y] = part
    if (typeof x === 'number' && typeof y === 'number') {
      box = box ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] : [x, y, x, y]
    } else for (const deeper of part) if (typeof deeper !== 'number') take(deeper)
  }
  take(coordinates)
  return box
}
