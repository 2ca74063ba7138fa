import { expect, test } from 'vitest'
import type { Incident } from '../../../api/shapes'
import { sample } from '../sample'
import { mayConcern } from './near'

const DEGREE_M = 111_195
const placed = (incident_id: string, north_m: number, uncertainty_m = 25): Incident =>
  sample({
    incident_id,
    location: {
      ...sample().location,
      uncertainty_m,
      point: { type: 'Point', coordinates: [-3.9962, 17 + north_m / DEGREE_M] },
    },
  })
const here = placed('a', 0)

test('a change nearby may be a new suggestion, and one far away is none', () => {
  expect(mayConcern(placed('b', 450), here, [])).toBe(true)
  expect(mayConcern(placed('b', 550), here, [])).toBe(false)
  expect(mayConcern(placed('b', 550, 600), here, [])).toBe(true)
})

test('what is suggested now may move away or be merged', () => {
  const far = placed('b', 9000)
  expect(mayConcern(far, here, [{ incident: far }])).toBe(true)
})

test('of one that hides its place nothing is known, and the incident itself is read anyway', () => {
  const hidden = { ...placed('b', 0), location: { ...sample().location, point: null } }
  expect(mayConcern(hidden, here, [])).toBe(true)
  expect(mayConcern(here, here, [])).toBe(false)
})
