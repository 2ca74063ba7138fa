/** Places as people read them, say them on a radio and type them: degrees and MGRS. */
import { forward, toPoint } from 'mgrs'

/** Longitude, then latitude, in WGS 84 degrees: GeoJSON's order. */
export type Position = readonly number[]

/** 17.04210° N, 3.99620° W. Five digits are about one metre. */
export function degreesOf([longitude = 0, latitude = 0]: Position): string {
  const part = (value: number, positive: string, negative: string) =>
    `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`
  return `${part(latitude, 'N', 'S')}, ${part(longitude, 'E', 'W')}`
}

/** What other programs read: latitude, then longitude. */
export function plainDegrees([longitude = 0, latitude = 0]: Position): string {
  return `${latitude}, ${longitude}`
}

/** 30QVH 98765 43210, with the spaces with which it is said. Null at the poles, where MGRS has no such grid. */
export function mgrsOf([longitude = 0, latitude = 0]: Position): string | null {
  return latitude >= -80 && latitude < 84 ? spaced(forward([longitude, latitude])) : null
}

export function spaced(reference: string): string {
  const found = /^(\d{1,2}[A-Z]{3})(\d+)$/.exec(reference.replaceAll(' ', ''))
  const [, square = '', digits = ''] = found ?? []
  if (!found || digits.length % 2) return reference
  const half = digits.length / 2
  return `${square} ${digits.slice(0, half)} ${digits.slice(half)}`
}

const DEGREES = /^([+-]?\d{1,2}(?:\.\d+)?)\s*°?\s*([NS]?)[\s,;]+([+-]?\d{1,3}(?:\.\d+)?)\s*°?\s*([EWO]?)$/i
const MGRS = /^\d{1,2}[C-X][A-Z]{2}(?:\d\d){1,5}$/i

/** The position that a person typed, as degrees (latitude first) or MGRS. Null where it cannot be read. */
export function positionIn(text: string): [number, number] | null {
  const typed = text.trim()
  const degrees = DEGREES.exec(typed)
  if (degrees) {
    const latitude = Number(degrees[1]) * (degrees[2]?.toUpperCase() === 'S' ? -1 : 1)
    // French writes west as O.
    const longitude = Number(degrees[3]) * (/[WO]/i.test(degrees[4] ?? '') ? -1 : 1)
    return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [longitude, latitude] : null
  }
  const reference = typed.replaceAll(/\s/g, '')
  if (!MGRS.test(reference)) return null
  try {
    const [longitude, latitude] = toPoint(reference.toUpperCase())
    return [round(longitude), round(latitude)]
  } catch {
    return null
  }
}

function round(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5
}

export interface Box {
  south: number
  north: number
  west: number
  east: number
}

/** The box of a cell in whose place a point is shown. */
export function boxOf(ring: readonly Position[]): Box {
  const longitudes = ring.map(([longitude = 0]) => longitude)
  const latitudes = ring.map(([, latitude = 0]) => latitude)
  return {
    south: Math.min(...latitudes),
    north: Math.max(...latitudes),
    west: Math.min(...longitudes),
    east: Math.max(...longitudes),
  }
}
