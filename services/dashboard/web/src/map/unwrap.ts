/**
 * Makes areas of the globe fit for a flat map.
 *
 * World Atlas has them for the sphere, where a ring may cross the 180th meridian or go around a pole. On a flat map such a
 * ring would be drawn straight across all of it.
 */
type Ring = GeoJSON.Position[]

const POLE = 90

/** Of each area the rings without jumps: what lies beyond the 180th meridian is beyond 180 degrees. */
export function unwrapped(geometry: GeoJSON.Geometry): GeoJSON.Geometry {
  switch (geometry.type) {
    case 'Polygon':
      return { type: 'Polygon', coordinates: geometry.coordinates.map(unwrappedRing) }
    case 'MultiPolygon':
      return {
        type: 'MultiPolygon',
        coordinates: geometry.coordinates.map((rings) => rings.map(unwrappedRing)),
      }
    default:
      return geometry
  }
}

function unwrappedRing(ring: Ring): Ring {
  let turn = 0
  let before: number | undefined
  const found = ring.map(([x = 0, y = 0]) => {
    if (before !== undefined && Math.abs(x - before) > 180) turn += x < before ? 360 : -360
    before = x
    return [x + turn, y]
  })
  const [first, last] = [found[0], found.at(-1)]
  if (!first || !last || turn === 0) return found
  // It goes around a pole, which belongs to it: along the edge of the map and back.
  const pole = (first[1] ?? 0) < 0 ? -POLE : POLE
  return [...found, [last[0] ?? 0, pole], [first[0] ?? 0, pole], first]
}
