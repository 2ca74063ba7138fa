import { expect, test } from 'vitest'
import { readRises, type Then } from './rises'

const measure = (expected_events: number): Then & { band: 'high' } => ({
  expected_events,
  low: expected_events * 0.8,
  high: expected_events * 1.2,
  band: 'high',
})
const routes = (expected: number[]) =>
  expected.map((one, index) => ({ route_id: String(index), name: `Route ${index}`, risk: measure(one) }))

test('those that rose are listed by how much, with whether the intervals are apart', async () => {
  const then = [9, 1, 7]
  const { rises, cut } = await readRises(routes([10, 8, 6]), async (id) => measure(then[Number(id)] ?? 0))
  expect(rises.map(({ route, clear }) => [route.route_id, clear])).toEqual([
    ['1', true],
    ['0', false],
  ])
  expect(cut).toBe(false)
})

test('a route that has less than the least rise listed is not asked about', async () => {
  const asked: string[] = []
  const { rises } = await readRises(routes([2, 10, 9, 8, 7, 6, 5, 1]), async (id) => {
    asked.push(id)
    return measure(Number(id) === 6 ? 5 : 1)
  })
  expect(asked).toEqual(['1', '2', '3', '4', '5'])
  expect(rises).toHaveLength(5)
})

test('of many routes it is said that some were not asked about', async () => {
  let asked = 0
  const { rises, cut } = await readRises(routes(Array.from({ length: 100 }, () => 5)), async () => {
    asked += 1
    return measure(5)
  })
  expect([asked, rises.length, cut]).toEqual([40, 0, true])
})
