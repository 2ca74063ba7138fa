import { expect, test } from 'vitest'
import type { IncidentMap, IncidentMapQuery } from '../../api/shapes'
import { densest, readHotspots } from './hotspots'

function incident(x: number, y: number, more: object = {}, geometry: object = { type: 'Point', coordinates: [x, y] }) {
  const properties = { incident_id: `${x} ${y}`, earliest: '2026-11-20T00:00:00Z', hazard_state: 'active', ...more }
  return { type: 'Feature', geometry, properties }
}

function cluster(x: number, y: number, count: number) {
  const box = { west: x - 0.05, south: y - 0.05, east: x + 0.05, north: y + 0.05 }
  return {
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [x, y] },
    properties: { count, hazardous: 1, ...box },
  }
}

const answer = (form: string, zoom: number, features: object[]) =>
  ({ form, zoom, features, total: features.length }) as unknown as IncidentMap

test('incidents are counted in cells, the densest first; one alone is no hotspot', () => {
  const { spots, side } = densest(
    answer('incidents', 8, [
      incident(0.01, 0.01),
      incident(0.03, 0.05, { hazard_state: 'cleared' }),
      incident(0.02, 0.03),
      incident(5, 5),
      incident(10.03, 0.01),
      incident(10.04, 0.02),
    ]),
    null,
  )
  expect(side).toBeCloseTo(0.1758, 4)
  expect(spots.map(({ count, hazardous }) => [count, hazardous])).toEqual([
    [3, 2],
    [2, 2],
  ])
  expect(spots[0]?.centre[0]).toBeCloseTo(0.02)
  expect(spots[0]?.centre[1]).toBeCloseTo(0.03)
  expect(spots[0]?.cell).toEqual([0, 0, 0.17578125, 0.17578125])
})

test('what began before the span is left out', () => {
  const early = { earliest: '2026-10-31T23:00:00Z' }
  const features = [incident(0.01, 0.01, early), incident(0.02, 0.02), incident(0.03, 0.03)]
  expect(densest(answer('incidents', 8, features), '2026-11-01').spots[0]?.count).toBe(2)
})

test('clusters may have incidents that began before the span, and it is known', () => {
  const mayBeEarlier = (from: string | null, ...features: object[]) =>
    densest(answer('clusters', 8, features), from).mayBeEarlier
  expect(mayBeEarlier('2026-11-01', incident(1, 1), cluster(2, 2, 5))).toBe(true)
  expect(mayBeEarlier('2026-11-01', incident(1, 1))).toBe(false)
  expect(mayBeEarlier(null, cluster(2, 2, 5))).toBe(false)
})

test('an incident that is shown as a cell is counted in its middle', () => {
  const ring = [
    [0, 0],
    [0.1, 0],
    [0.1, 0.1],
    [0, 0.1],
    [0, 0],
  ]
  const area = { type: 'Polygon', coordinates: [ring] }
  const { spots } = densest(answer('incidents', 8, [incident(1, 1, {}, area), incident(2, 2, {}, area)]), null)
  expect(spots[0]?.centre).toEqual([0.05, 0.05])
})

test('a coarse answer is asked for again, in the box of its incidents', async () => {
  const asked: IncidentMapQuery[] = []
  const answers = [
    answer('clusters', 3, [cluster(10, 10, 7), cluster(12, 11, 5)]),
    answer('clusters', 8, [cluster(10, 10, 6)]),
  ]
  const found = await readHotspots(
    async (query) => {
      asked.push(query)
      return answers[asked.length - 1] as IncidentMap
    },
    null,
    { from: '2026-11-01' },
  )
  expect(asked.map(({ bbox }) => bbox)).toEqual(['-180,-90,180,90', '9.95,9.95,12.05,11.05'])
  expect(found.side).toBe(45 / 256)
  expect(found.spots.map(({ count }) => count)).toEqual([6])
})

test('a box that has fine cells is asked for once', async () => {
  let asked = 0
  await readHotspots(async () => answer('clusters', 8, [cluster(10, 10, ++asked)]), [9, 9, 11, 11], {})
  expect(asked).toBe(1)
})
