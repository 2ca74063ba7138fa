/** Clusters as images for the map: a ring whose parts say how much of it is active, still stands, is unknown, or over. */
import type { Colours } from './colours'
import type { ClusterFeature } from './incidentMap'

/** In sixteenths of the ring, the gravest first; the rest is over. */
export type Shares = readonly [active: number, standing: number, unknown: number]

const PREFIX = 'cluster'
const PARTS = 16
const SIDE = 64
const SCALE = 2
const WIDE = 7
const THIN = 1.5

type Counts = Pick<ClusterFeature['properties'], 'count' | 'hazardous' | 'active' | 'unknown'>

/** What there is at all has a part, however few: one active hazard among thousands is seen. */
export function sharesOf({ count, hazardous, active, unknown }: Counts): Shares {
  const numbers = [active, hazardous - active - unknown, unknown, count - hazardous]
  const parts = numbers.map((number) => (number > 0 ? Math.max(1, Math.round((PARTS * number) / count)) : 0))
  const largest = parts.indexOf(Math.max(...parts))
  parts[largest] = (parts[largest] ?? 0) + PARTS - parts.reduce((sum, part) => sum + part, 0)
  const [first = 0, second = 0, third = 0] = parts
  return [first, second, third]
}

export function clusterImage(shares: Shares): string {
  return [PREFIX, ...shares].join(' ')
}

/** What an image's name says, or null for the name of another image. */
export function sharesIn(name: string): Shares | null {
  const [prefix, ...parts] = name.split(' ')
  const [active, standing, unknown] = parts.map(Number)
  if (prefix !== PREFIX || active === undefined || standing === undefined || unknown === undefined) return null
  return [active, standing, unknown]
}

export function drawCluster(shares: Shares, colours: Colours): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIDE * SCALE
  const pen = canvas.getContext('2d')
  if (!pen) return new ImageData(SIDE * SCALE, SIDE * SCALE)
  pen.scale(SCALE, SCALE)
  pen.translate(SIDE / 2, SIDE / 2)
  const radius = SIDE / 2 - WIDE / 2 - 1
  pen.fillStyle = colours.paper
  circle(pen, radius + WIDE / 2, 0, PARTS)
  pen.fill()
  pen.strokeStyle = colours.quiet
  pen.lineWidth = THIN
  circle(pen, radius, 0, PARTS)
  pen.stroke()
  pen.lineWidth = WIDE
  let from = 0
  // What is suspected and what is marked are not counted apart: both are drawn as the graver of the two.
  for (const [at, gravity] of ([4, 3, 2] as const).entries()) {
    const to = from + (shares[at] ?? 0)
    pen.strokeStyle = colours[`gravity-${gravity}`]
    circle(pen, radius, from, to)
    pen.stroke()
    from = to
  }
  return pen.getImageData(0, 0, SIDE * SCALE, SIDE * SCALE)
}

/** The part of a circle between two sixteenths, clockwise from the top. */
function circle(pen: CanvasRenderingContext2D, radius: number, from: number, to: number): void {
  const angle = (part: number) => (part / PARTS) * 2 * Math.PI - Math.PI / 2
  pen.beginPath()
  if (to > from) pen.arc(0, 0, radius, angle(from), angle(to))
}
