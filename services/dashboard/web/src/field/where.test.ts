import { expect, test } from 'vitest'
import { gridOf, readGrid } from './grid'
import { circleOf } from './mapped'
import { devicePosition } from './position'

test('a reference to the metre is read as a receiver knows it', () => {
  // As the converter of the server has them.
  expect(gridOf({ longitude: -3.0075, latitude: 16.7305 })).toBe('30Q VD 99200 49742')
  expect(gridOf({ longitude: 25.25, latitude: -12.5 })).toBe('35L LG 09827 17527')
  const read = readGrid(gridOf({ longitude: -3.9962, latitude: 17.0421 }) ?? '')
  expect(read).toMatchObject({ by: 'mgrs', uncertaintyM: 25 })
  expect(read).toHaveProperty('longitude', expect.closeTo(-3.9962, 4))
  expect(read).toHaveProperty('latitude', expect.closeTo(17.0421, 4))
})

test.each([
  ['31UDQ4825111932', 25],
  ['31U DQ 4825 1193', 25],
  ['31udq 482 119', 71],
  ['31UDQ4811', 708],
  ['31UDQ41', 7072],
  ['31UDQ', 70711],
])('the shorter the reference, the wider the circle: %s', (typed, uncertaintyM) => {
  expect(readGrid(typed)).toMatchObject({ by: 'mgrs', uncertaintyM })
})

test.each([
  ['', 'form'],
  ['48.85 2.29', 'form'],
  ['31IDQ4811', 'form'],
  ['31UDQ482511193299', 'form'],
  ['31UDQ482', 'uneven'],
  ['61UDQ4811', 'square'],
  ['31UAA4811', 'square'],
])('what is no reference says why: %s', (typed, why) => {
  expect(readGrid(typed)).toBe(why)
})

test('near the poles there is no reference of this form', () => {
  expect(gridOf({ longitude: 0, latitude: 85 })).toBeNull()
})

const locate = (result: Partial<GeolocationCoordinates> | number) => ({
  getCurrentPosition: (found: PositionCallback, failed?: PositionErrorCallback | null) => {
    if (typeof result === 'number') failed?.({ code: result } as GeolocationPositionError)
    else found({ coords: result } as GeolocationPosition)
  },
})

test("the device's accuracy is the uncertainty", async () => {
  const there = { longitude: -3.99621234567, latitude: 17.0421, accuracy: 11.2 }
  expect(await devicePosition(locate(there), true)).toEqual({
    by: 'device',
    longitude: -3.996212,
    latitude: 17.0421,
    uncertaintyM: 12,
  })
  expect(await devicePosition(locate({ ...there, accuracy: 0 }), true)).toMatchObject({ uncertaintyM: 1 })
})

test.each([
  [1, 'refused'],
  [2, 'unavailable'],
  [3, 'timeout'],
])('a position that does not come says why: %i', async (code, why) => {
  expect(await devicePosition(locate(code), true)).toBe(why)
})

test('no position is asked for where a browser gives none', async () => {
  expect(await devicePosition(locate(1), false)).toBe('insecure')
  expect(await devicePosition(undefined, true)).toBe('unavailable')
  expect(await devicePosition(locate({ longitude: 0, latitude: 0, accuracy: 2e6 }), true)).toBe('unavailable')
})

test('a point on the map is as wide as a finger is at its scale', () => {
  // A pixel of this map is 1.19 m at zoom 16 on the equator.
  expect(circleOf(10, 0, 16)).toEqual({ by: 'map', longitude: 10, latitude: 0, uncertaintyM: 25 })
  expect(circleOf(10, 0, 10).uncertaintyM).toBe(1147)
  expect(circleOf(10, 60, 10).uncertaintyM).toBe(574)
  expect(circleOf(10, 0, 0).uncertaintyM).toBe(1_000_000)
})

test('a map that was turned around the world has its points in the API’s degrees', () => {
  expect(circleOf(370, 0, 10).longitude).toBe(10)
  expect(circleOf(-190, 0, 10).longitude).toBe(170)
})
