import { expect, test } from 'vitest'
import { boxOf, degreesOf, mgrsOf, positionIn, spaced } from './places'

test('degrees say the hemisphere, latitude first', () => {
  expect(degreesOf([-3.9962, 17.0421])).toBe('17.04210° N, 3.99620° W')
  expect(degreesOf([30.5, -1.25])).toBe('1.25000° S, 30.50000° E')
})

test('a grid reference is written with the spaces with which it is said', () => {
  expect(spaced('25PHM2348905689')).toBe('25PHM 23489 05689')
  expect(mgrsOf([-30.04966, 9.98943])).toBe('25PHM 23489 05689')
  expect(mgrsOf([0, 89])).toBeNull()
})

test.each([
  ['17.0421, -3.9962', [-3.9962, 17.0421]],
  ['17.0421° N, 3.9962° W', [-3.9962, 17.0421]],
  ['1.25 S 30.5 E', [30.5, -1.25]],
  ['17.0421° N, 3.9962° O', [-3.9962, 17.0421]],
])('%s is read as degrees', (typed, position) => {
  expect(positionIn(typed)).toEqual(position)
})

test('a grid reference is read back to within a metre or so', () => {
  const [longitude = 0, latitude = 0] = positionIn('25P HM 23489 05689') ?? []
  expect(longitude).toBeCloseTo(-30.04966, 4)
  expect(latitude).toBeCloseTo(9.98943, 4)
})

test.each(['', 'north of the bridge', '91, 0', '0, 181', '25PHM 23489 0568'])('%s is no position', (typed) => {
  expect(positionIn(typed)).toBeNull()
})

test('the box of a cell holds its ring', () => {
  const ring = [
    [-30.5, 9.5],
    [-30, 9.5],
    [-30, 10],
    [-30.5, 10],
    [-30.5, 9.5],
  ]
  expect(boxOf(ring)).toEqual({ south: 9.5, north: 10, west: -30.5, east: -30 })
})
