/** Positions as a person writes them: a line for each, as degrees (latitude before longitude, as on maps and radios) or MGRS. */
import { positionIn } from '../../show/places'

type Point = [longitude: number, latitude: number]

export function textOf(positions: readonly Point[]): string {
  return positions.map(([longitude, latitude]) => `${latitude}, ${longitude}`).join('\n')
}

/** Null when a line is no position on the earth. */
export function positionsOf(text: string): Point[] | null {
  const found = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(positionIn)
  return found.includes(null) ? null : (found as Point[])
}
