import { expect, test } from 'vitest'
import type { Area, Route } from '../../api/shapes'
import { areaOf, boundsOf, drawnOf, entryOf, groundOf, lengthOf, noEntry, pixelsOf, withDrawn } from './areas'

const LINE: [number, number][] = [
  [-1, 17],
  [-1, 17.1],
]
const RING: [number, number][] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 0],
]
const AREAS: Area[] = [
  { type: 'everything' },
  { type: 'circle', center: { type: 'Point', coordinates: [-1, 17] }, radius_m: 1200 },
  { type: 'polygon', polygon: { type: 'Polygon', coordinates: [RING] } },
  { type: 'corridor', line: { type: 'LineString', coordinates: LINE }, width_m: 500 },
  { type: 'route', route_id: 'r', width_m: 300 },
]
const ROUTES = new Map([['r', { line: { type: 'LineString', coordinates: LINE } } as unknown as Route]])

test.each(AREAS)('$type: the form gives back the area that it was given', (area) => {
  expect(areaOf(entryOf(area))).toEqual(area)
})

test.each(['circle', 'polygon', 'corridor', 'route'] as const)('%s: nothing drawn is no area', (type) => {
  expect(areaOf({ ...noEntry(), type })).toBeNull()
})

test('a distance that is none is no area', () => {
  expect(areaOf({ ...noEntry(), type: 'circle', center: [0, 0], radius_m: Number.NaN })).toBeNull()
  expect(areaOf({ ...noEntry(), type: 'route', route_id: 'r', width_m: 600_000 })).toBeNull()
})

test.each(AREAS.slice(1, 4))('$type: what is drawn of it is the same area again', (area) => {
  const drawn = drawnOf(entryOf(area))
  expect(drawn).not.toBeNull()
  const empty = { ...entryOf(area), center: null, ring: [], line: [] }
  if (drawn) expect(areaOf(withDrawn(empty, drawn.geometry))).toEqual(area)
})

test('what is left out of an area stays left out until it is drawn anew', () => {
  const holed: Area = { type: 'polygon', polygon: { type: 'Polygon', coordinates: [RING, RING] } }
  expect(areaOf(entryOf(holed))).toEqual(holed)
  const anew = withDrawn(entryOf(holed), { type: 'Polygon', coordinates: [RING] })
  expect(areaOf(anew)).toEqual({ type: 'polygon', polygon: { type: 'Polygon', coordinates: [RING] } })
})

test('looking at another type loses nothing', () => {
  const entry = withDrawn({ ...noEntry(), type: 'corridor' }, { type: 'LineString', coordinates: LINE })
  expect(areaOf({ ...entry, type: 'circle' })).toBeNull()
  expect(areaOf({ ...entry, type: 'corridor' })).toMatchObject({ type: 'corridor' })
})

test('the ground of a corridor is as wide as it says', () => {
  const [west, south, east, north] = boundsOf(groundOf(AREAS[4] as Area, ROUTES)) ?? []
  expect(lengthOf([[west ?? 0, 17] as const, [east ?? 0, 17] as const])).toBeCloseTo(600, -1)
  expect(lengthOf([[-1, south ?? 0] as const, [-1, north ?? 0] as const])).toBeCloseTo(lengthOf(LINE) + 600, -1)
})

test('the whole mission, and a route that is not known, have no ground', () => {
  expect(groundOf({ type: 'everything' }, ROUTES)).toBeNull()
  expect(groundOf({ type: 'route', route_id: 'other', width_m: 1 }, ROUTES)).toBeNull()
})

test('a corridor is drawn as wide as it is on the ground, also far from the equator', () => {
  expect(pixelsOf([[0, 0] as const], 40_075_017 / 2)).toBeCloseTo(512)
  expect(pixelsOf([[0, 60] as const], 40_075_017 / 2)).toBeCloseTo(1024)
})
