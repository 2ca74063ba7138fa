import { expect, test } from 'vitest'
import { circle, corridor, kilometreMarks, metresBetween, pointAlong, stretch, towards, type Position } from './metres'

const DEGREE_M = 111_195

test('a degree of latitude is 111 km, and one of longitude half of it at 60 degrees', () => {
  expect(metresBetween([20, 10], [20, 11])).toBeCloseTo(DEGREE_M, -1)
  expect(metresBetween([20, 60], [21, 60])).toBeCloseTo(DEGREE_M / 2, -2)
})

test.each([
  [0, 0],
  [-30, 10],
  [20, 60],
  [179.99, -45],
])('every point of a circle is its radius away from %s, %s', (longitude, latitude) => {
  const center: Position = [longitude, latitude]
  const ring = circle(center, 1500)
  for (const point of ring) expect(metresBetween(center, point)).toBeCloseTo(1500, 3)
  expect(ring.at(0)).toEqual(ring.at(-1))
  expect(ring).toHaveLength(49)
})

test('a circle is drawn counter-clockwise, as GeoJSON asks of outer rings', () => {
  const ring = circle([0, 0], 1000)
  const twice = ring.slice(1).reduce((sum, [x, y], at) => sum + (ring[at]?.[0] ?? 0) * y - x * (ring[at]?.[1] ?? 0), 0)
  expect(twice).toBeGreaterThan(0)
})

test('a corridor reaches its width to either side, and beyond its ends', () => {
  const points = corridor(
    [
      [0, 0],
      [0.1, 0],
    ],
    2000,
  ).flat(2)
  const north = Math.max(...points.map(([, y]) => y))
  const west = Math.min(...points.map(([x]) => x))
  expect(metresBetween([0, 0], [0, north])).toBeCloseTo(2000, 0)
  expect(metresBetween([0, 0], [west, 0])).toBeCloseTo(2000, 0)
})

const LINE: Position[] = [
  [0, 0],
  [0, 0.1],
  [0.1, 0.1],
]

test('a point along a line is at its distance, and nowhere beyond the end', () => {
  expect(pointAlong(LINE, 0)).toEqual([0, 0])
  expect(metresBetween([0, 0], pointAlong(LINE, 5000) ?? [9, 9])).toBeCloseTo(5000, 0)
  expect(pointAlong(LINE, 15_000)?.[1]).toBeCloseTo(0.1, 6)
  expect(pointAlong(LINE, 30_000)).toBeNull()
})

test('a stretch has the corners that lie in it', () => {
  const part = stretch(LINE, 10_000, 12_000)
  expect(part).toHaveLength(3)
  expect(part[1]).toEqual([0, 0.1])
  expect(stretch(LINE, 22_000, 99_000).at(-1)).toEqual([0.1, 0.1])
})

test('kilometre marks tell each 10th and 5th from the others', () => {
  const marks = kilometreMarks(LINE)
  expect(marks).toHaveLength(23)
  expect(marks.filter(({ every }) => every === 10).map(({ kilometre }) => kilometre)).toEqual([0, 10, 20])
  expect(marks.filter(({ every }) => every === 5).map(({ kilometre }) => kilometre)).toEqual([5, 15])
})

test('towards the east, the longitude grows', () => {
  const [x, y] = towards([0, 0], 90, 1000)
  expect(x).toBeGreaterThan(0)
  expect(y).toBeCloseTo(0, 9)
})
