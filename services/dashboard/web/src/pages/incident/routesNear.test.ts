import { expect, test } from 'vitest'
import type { Route } from '../../api/shapes'
import { metresBetween } from '../../map/metres'
import { boxAround } from './facts'
import { routesNear, touchedBy } from './routesNear'

const route = (route_id: string, coordinates: number[][]) =>
  ({ route_id, name: route_id, line: { coordinates } }) as Route

test('a route is near where its line passes, also between two points that are far apart', () => {
  const far = route('far', [
    [40, 10],
    [41, 10],
  ])
  const long = route('long', [
    [-35, 10],
    [-25, 10],
  ])
  expect(routesNear([far, long], [-30, 10.01], 25)).toEqual([long])
})

test('what the explanation of a route says of an incident', () => {
  const hazard = { incident_id: 'a', stretches: [{ from_km: 1, to_km: 2 }], distance_m: 10 }
  const said = { hazards: [hazard], contributions: [{ incident_id: 'b', expected_events: 0.2, distance_m: 700 }] }
  const known = said as unknown as Parameters<typeof touchedBy>[2]
  const birch = { route_id: 'r', name: 'Birch' }
  expect(touchedBy('a', birch, known)).toMatchObject({ stretches: [{ from_km: 1, to_km: 2 }], expected: null })
  expect(touchedBy('b', birch, known)).toMatchObject({ stretches: [], expected: 0.2, distance_m: 700 })
  expect(touchedBy('c', birch, known)).toBeNull()
})

test('distances are those of the ground, also across the antimeridian', () => {
  expect(metresBetween([0, 0], [0, 1])).toBeCloseTo(111_195, -1)
  expect(metresBetween([179.95, 0], [-179.95, 0])).toBeCloseTo(11_119, -1)
  expect(boxAround([179.99, 0], 5_000)).toMatch(/^179\.9\d+,-0\.0\d+,-179\.9\d+,0\.0\d+$/)
})
