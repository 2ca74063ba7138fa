import { feature } from 'topojson-client'
import { expect, test } from 'vitest'
import countries from 'world-atlas/countries-50m.json'
import { unwrapped } from './unwrap'

const across: GeoJSON.Polygon = {
  type: 'Polygon',
  coordinates: [
    [
      [170, 10],
      [-170, 10],
      [-170, 20],
      [170, 20],
      [170, 10],
    ],
  ],
}

test('a ring across the 180th meridian goes on beyond it', () => {
  const xs = (unwrapped(across) as GeoJSON.Polygon).coordinates[0]?.map(([x]) => x)
  expect(xs).toEqual([170, 190, 190, 170, 170])
})

test('a ring around a pole is closed along the edge of the map', () => {
  const around: GeoJSON.Polygon = {
    type: 'Polygon',
    coordinates: [
      [
        [0, -70],
        [-120, -70],
        [120, -70],
        [0, -70],
      ],
    ],
  }
  expect((unwrapped(around) as GeoJSON.Polygon).coordinates[0]).toEqual([
    [0, -70],
    [-120, -70],
    [-240, -70],
    [-360, -70],
    [-360, -90],
    [0, -90],
    [0, -70],
  ])
})

test('no country of the base map has a side across the whole map, but along a pole', () => {
  const topology = countries as unknown as Parameters<typeof feature>[0]
  const world = feature(topology, 'countries') as unknown as GeoJSON.FeatureCollection<
    GeoJSON.Polygon | GeoJSON.MultiPolygon
  >
  const longest = world.features.flatMap(({ geometry }) => {
    const flat = unwrapped(geometry) as GeoJSON.Polygon | GeoJSON.MultiPolygon
    const rings = flat.type === 'Polygon' ? flat.coordinates : flat.coordinates.flat()
    return rings.flatMap((ring) =>
      ring.slice(1).filter(([x = 0, y = 0], at) => Math.abs(x - (ring[at]?.[0] ?? 0)) > 180 && Math.abs(y) < 90),
    )
  })
  expect(longest).toEqual([])
})
