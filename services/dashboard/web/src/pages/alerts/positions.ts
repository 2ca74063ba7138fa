/** Positions as a person writes them: a line for each, latitude before longitude as on maps and radios. */
type Point = [longitude: number, latitude: number]

const LINE = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/

export function textOf(positions: readonly Point[]): string {
  return positions.map(([longitude, latitude]) => `${latitude}, ${longitude}`).join('\n')
}

/** Null when a line is no position on the earth. */
export function positionsOf(text: string): Point[] | null {
  const found: Point[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const [latitude, longitude] = (LINE.exec(line)?.slice(1) ?? []).map(Number)
    if (latitude === undefined || longitude === undefined) return null
    if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return null
    found.push([longitude, latitude])
  }
  return found
}
