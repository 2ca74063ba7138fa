/** Patterns for areas on the map: they are told apart without colour. */
import type { Map as MapLibreMap } from 'maplibre-gl'
import type { Colours } from './colours'

const SIDE = 16

/** Hatched: contaminated. Dotted: what a subscription watches. */
export const PATTERNS = { hatch: 'pattern-hatch', dots: 'pattern-dots' } as const

export function givePatterns(map: MapLibreMap, colours: Colours): void {
  put(map, PATTERNS.hatch, (pen) => {
    pen.strokeStyle = colours['gravity-3']
    pen.lineWidth = 2
    for (const shift of [-SIDE, 0, SIDE]) {
      pen.moveTo(shift, SIDE)
      pen.lineTo(shift + SIDE, 0)
    }
    pen.stroke()
  })
  put(map, PATTERNS.dots, (pen) => {
    pen.fillStyle = colours.accent
    for (const [x, y] of [
      [4, 4],
      [12, 12],
    ] as const) {
      pen.beginPath()
      pen.arc(x, y, 1.2, 0, 7)
      pen.fill()
    }
  })
}

function put(map: MapLibreMap, name: string, draw: (pen: CanvasRenderingContext2D) => void): void {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIDE
  const pen = canvas.getContext('2d')
  if (!pen) return
  draw(pen)
  const image = pen.getImageData(0, 0, SIDE, SIDE)
  if (map.hasImage(name)) map.updateImage(name, image)
  else map.addImage(name, image)
}
