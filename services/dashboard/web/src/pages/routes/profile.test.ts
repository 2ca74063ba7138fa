import { expect, test } from 'vitest'
import { metresBetween } from '../../map/metres'
import { lengthOf, nearestKm, type Position } from './along'
import { profileOf, type ProfileInput } from './profile'

const DEGREE_M = 111_195
const line: Position[] = [
  [0, 0],
  [0.1, 0],
  [0.1, 0.1],
]
const input = (over: Partial<ProfileInput> = {}): ProfileInput => ({
  line: [
    [0, 0],
    [0.05, 0],
  ],
  length_m: 5_560,
  contributions: [],
  place: () => null,
  hazards: [],
  areas: [],
  verified: [],
  ...over,
})

test('a degree along the equator, and one across the 180th meridian', () => {
  expect(metresBetween([0, 0], [1, 0])).toBeCloseTo(DEGREE_M, -1)
  expect(metresBetween([179.5, 0], [-179.5, 0])).toBeCloseTo(DEGREE_M, -1)
  expect(lengthOf(line)).toBeCloseTo(DEGREE_M / 5, -1)
})

test('the nearest kilometre of a point beside, beyond and before the line', () => {
  expect(nearestKm(line, [0.05, 0.01], 20_000)).toBeCloseTo(5, 2)
  expect(nearestKm(line, [0.12, 0.05], 20_000)).toBeCloseTo(15, 2)
  expect(nearestKm(line, [0.1, 0.5], 20_000)).toBeCloseTo(20, 5)
  expect(nearestKm(line, [-1, 0], 20_000)).toBe(0)
})

test('a line across the 180th meridian is measured the short way', () => {
  const across: Position[] = [
    [179.9, 10],
    [-179.9, 10],
  ]
  expect(nearestKm(across, [180, 10.001], 22_000)).toBeCloseTo(11, 1)
})

test('each incident counts at its own kilometre, and none is lost', () => {
  const places: Record<string, Position> = { near: [0.014, 0.001], end: [0.06, 0] }
  const { kilometres, unplaced } = profileOf(
    input({
      contributions: [
        { incident_id: 'near', expected_events: 0.3 },
        { incident_id: 'end', expected_events: 0.1 },
        { incident_id: 'elsewhere', expected_events: 0.05 },
      ],
      place: (id) => places[id] ?? null,
    }),
  )
  expect(kilometres.map(({ expected }) => expected)).toEqual([0, 0.3, 0, 0, 0, 0.1])
  expect(unplaced).toEqual({ expected: 0.05, incidents: 1 })
})

test('the last kilometre ends where the route ends', () => {
  expect(profileOf(input()).kilometres.at(-1)).toMatchObject({ from_km: 5, to_km: 5.56 })
})

test('a long route has longer steps', () => {
  const { kilometres } = profileOf(input({ length_m: 400_000 }))
  expect(kilometres).toHaveLength(80)
  expect(kilometres[1]).toMatchObject({ from_km: 5, to_km: 10 })
})

test('a hazard counts in each kilometre that it touches', () => {
  const { kilometres } = profileOf(
    input({ hazards: [{ stretches: [{ from_km: 1.8, to_km: 2.2 }] }, { stretches: [{ from_km: 4.5, to_km: 4.5 }] }] }),
  )
  expect(kilometres.map(({ hazards }) => hazards)).toEqual([0, 1, 1, 0, 1, 0])
})

test('a kilometre is as well verified as the least verified part of it', () => {
  const { kilometres } = profileOf(
    input({
      verified: [
        { from_km: 0, to_km: 1.5, age_days: 2 },
        { from_km: 1.5, to_km: 2.5, age_days: 9 },
        { from_km: 2.5, to_km: 5.56, age_days: null },
      ],
    }),
  )
  expect(kilometres.map(({ verified_days }) => verified_days)).toEqual([2, 9, null, null, null, null])
})
