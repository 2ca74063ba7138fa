import { expect, test } from 'vitest'
import type { Incident } from '../../../api/shapes'
import { sample } from '../sample'
import { sketchOf, type Drawn } from './sketch'

const placed = (longitude: number, latitude: number, uncertainty_m: number): Incident =>
  sample({
    location: { ...sample().location, uncertainty_m, point: { type: 'Point', coordinates: [longitude, latitude] } },
  })
const drawn = (one: Incident, other: Incident): Drawn => {
  const found = sketchOf(one, other)
  if (!found) throw new Error('nothing is drawn')
  return found
}

test('north is up, east is right, and both circles are inside', () => {
  const { spots } = drawn(placed(10, 50, 100), placed(10.005, 50.002, 300))
  const [mine, its] = spots
  expect(its.x).toBeGreaterThan(mine.x)
  expect(its.y).toBeLessThan(mine.y)
  expect(its.reach / mine.reach).toBeCloseTo(3)
  for (const { x, y, reach } of spots) {
    for (const end of [x - reach, x + reach, y - reach, y + reach]) {
      expect(end).toBeGreaterThan(0)
      expect(end).toBeLessThan(100)
    }
  }
})

test('distance, circles and bar have one scale', () => {
  // 0.01 degrees of latitude are 1,112 m.
  const { spots, scale } = drawn(placed(10, 50, 200), placed(10, 50.01, 200))
  const perMetre = scale.length / scale.metres
  expect((spots[0].y - spots[1].y) / perMetre).toBeCloseTo(1111.95, 0)
  expect(spots[0].reach / perMetre).toBeCloseTo(200)
  expect(scale.metres).toBe(500)
  expect(scale.length).toBeLessThanOrEqual(40)
})

test('the short way over the antimeridian', () => {
  const { spots } = drawn(placed(179.999, 0, 25), placed(-179.999, 0, 25))
  expect(spots[1].x).toBeGreaterThan(spots[0].x)
})

test('one point known exactly is still drawn, and a hidden place is not', () => {
  const { spots } = drawn(placed(10, 50, 0), placed(10, 50, 0))
  expect(spots[0]).toEqual({ x: 50, y: 50, reach: 0 })
  expect(sketchOf(placed(10, 50, 0), sample({ location: { ...sample().location, point: null } }))).toBeNull()
})
