/** The symbols of incidents as images for the map, as marks/Mark.svelte draws them, and those of clusters. */
import type { Map as MapLibreMap } from 'maplibre-gl'
import type { Incident } from '../api/shapes'
import { gravityOfIncident } from '../marks/gravity'
import { SHAPES } from '../marks/shapes'
import { drawCluster, sharesIn } from './clusters'
import type { Colours } from './colours'

type Shown = Pick<Incident, 'category' | 'hazard_state' | 'status'>

const PREFIX = 'incident'
const BOX = 24
const MARGIN = 2
const SCALE = 2
const FIRM: readonly Incident['status'][] = ['verified', 'closed']
const GONE: readonly Incident['status'][] = ['retracted', 'merged']
const OVER: readonly Incident['hazard_state'][] = ['cleared', 'none']
const UNSURE: readonly Incident['hazard_state'][] = ['suspected', 'unknown']

/** The name of the image of such an incident. */
export function symbolOf({ category, hazard_state, status }: Shown): string {
  return [PREFIX, category, hazard_state, status].join(' ')
}

/** What an image's name says, or null for the name of another image. */
export function shownBy(name: string): Shown | null {
  const [prefix, category, hazard, status] = name.split(' ')
  if (prefix !== PREFIX || !category || !(category in SHAPES)) return null
  return { category, hazard_state: hazard, status } as Shown
}

/** Draw each symbol when the map first needs it, in colours that `colours` gives. */
export function giveSymbols(map: MapLibreMap, colours: () => Colours): void {
  map.setMissingStyleImageResolver((name) => {
    const image = map.hasImage(name) ? null : imageOf(name, colours())
    if (image) map.addImage(name, image, { pixelRatio: SCALE })
  })
}

/** Draw those that are there again, in other colours. */
export function redrawSymbols(map: MapLibreMap, colours: Colours): void {
  for (const name of map.listImages()) {
    const image = imageOf(name, colours)
    if (image) map.updateImage(name, image)
  }
}

function imageOf(name: string, colours: Colours): ImageData | null {
  const shown = shownBy(name)
  if (shown) return draw(shown, colours)
  const shares = sharesIn(name)
  return shares && drawCluster(shares, colours)
}

function draw({ category, hazard_state: hazard, status }: Shown, colours: Colours): ImageData {
  const side = (BOX + 2 * MARGIN) * SCALE
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = side
  const pen = canvas.getContext('2d')
  if (!pen) return new ImageData(side, side)
  const path = new Path2D(SHAPES[category])
  const isGone = GONE.includes(status)
  const isOver = OVER.includes(hazard)
  pen.scale(SCALE, SCALE)
  pen.translate(MARGIN, MARGIN)
  pen.lineJoin = 'round'
  // A rim of paper keeps it apart from what lies below.
  pen.strokeStyle = colours.paper
  pen.lineWidth = 4.5
  pen.stroke(path)
  pen.fillStyle = colours.paper
  pen.fill(path)
  if (!isOver && !isGone) {
    pen.globalAlpha = UNSURE.includes(hazard) ? 0.55 : 1
    pen.fillStyle = colours[`gravity-${gravityOfIncident({ hazard_state: hazard, status, casualties: [] })}`]
    pen.fill(path)
    pen.globalAlpha = 1
  }
  pen.strokeStyle = isGone ? colours.quiet : colours.ink
  pen.lineWidth = FIRM.includes(status) ? 2.5 : 1.5
  pen.setLineDash(FIRM.includes(status) ? [] : [3, 2])
  pen.stroke(path)
  if (isOver) {
    pen.setLineDash([])
    pen.stroke(new Path2D('M5 19 19 5'))
  }
  return pen.getImageData(0, 0, side, side)
}
