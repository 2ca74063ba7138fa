import { expect, test } from 'vitest'
import type { IncidentMap } from '../api/shapes'
import { boxFor, joined, queryOf } from './incidentMap'

function cluster(at: [number, number], count: number, gravest: 'active' | 'cleared' | 'marked') {
  const [x, y] = at
  return {
    type: 'Feature' as const,
    geometry: { type: 'Point' as const, coordinates: at },
    properties: {
      ...{ count, hazardous: 1, active: 0, unknown: 0, reduced: 1, gravest },
      ...{ west: x - 0.1, south: y - 0.1, east: x + 0.1, north: y + 0.1 },
    },
  }
}

function incident(incident_id: string, revision = 1) {
  return {
    type: 'Feature' as const,
    geometry: { type: 'Point' as const, coordinates: [20, 10] },
    properties: {
      incident_id,
      revision,
      category: 'ied' as const,
      status: 'reported' as const,
      hazard_state: 'active' as const,
      outcome: 'found_marked' as const,
      uncertainty_m: 10,
      exercise: false,
      earliest: '2026-11-29T00:00:00Z',
      form: 'full' as const,
    },
  }
}

function answer(features: IncidentMap['features'], zoom = 2) {
  return { zoom, features }
}

test('the query names the box, the zoom in whole steps, and what narrows it', () => {
  const narrowing = { from: '2026-11-28T00:00:00Z', category: ['ied' as const] }
  expect(queryOf([-31, 9, -29, 11], 8.9, narrowing)).toEqual({ bbox: '-31,9,-29,11', zoom: 8, ...narrowing })
  expect(queryOf([-31, 9, -29, 11], 99, {}).zoom).toBe(22)
})

test('a box is within the world, and crosses the 180th meridian as the API has it', () => {
  expect(boxFor([-400, -95, 400, 95])).toEqual([-180, -90, 180, 90])
  expect(boxFor([170, 0, 190, 10])).toEqual([170, 0, -170, 10])
  expect(boxFor([-190, 0, -170, 10])).toEqual([170, 0, -170, 10])
})

test('an incident of two answers is drawn once', () => {
  const features = joined(answer([incident('a', 2)]), answer([incident('a', 2), incident('b')]))
  expect(features).toHaveLength(2)
})

test('clusters of one cell become one: all are counted, and the gravest is told', () => {
  const [one, ...others] = joined(answer([cluster([1, 1], 3, 'cleared')]), answer([cluster([5, 1], 1, 'active')]))
  expect(others).toEqual([])
  expect(one?.properties).toMatchObject({ count: 4, hazardous: 2, reduced: 2, gravest: 'active', west: 0.9, east: 5.1 })
  expect(one?.geometry.coordinates).toEqual([2, 1])
})

test('clusters of two cells, or of two grids, stay apart', () => {
  expect(joined(answer([cluster([1, 1], 3, 'marked')]), answer([cluster([12, 1], 1, 'active')]))).toHaveLength(2)
  expect(joined(answer([cluster([1, 1], 3, 'marked')]), answer([cluster([1, 1], 1, 'active')], 3))).toHaveLength(2)
})
