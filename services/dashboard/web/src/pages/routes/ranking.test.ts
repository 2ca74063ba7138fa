import { expect, test } from 'vitest'
import { orderOf, ranked, type Order } from './ranking'
import type { Seen } from './rise'

const route = (name: string, expected_events: number, known_hazards: number, data_age_days: number | null) => ({
  route_id: name,
  name,
  risk: {
    band: known_hazards > 0 ? ('known_hazard' as const) : ('elevated' as const),
    expected_events,
    known_hazards,
    data_age_days,
  },
})
const routes = [
  route('Elm', 0.02, 0, null),
  route('Ash', 0.02, 0, null),
  route('Fir', 0.5, 0, 3),
  route('Oak', 0.01, 1, 9),
]
const SEEN: Record<string, Seen> = {
  Elm: { band: 'low', expected: 0.002, hazards: 0 },
  Ash: { band: 'elevated', expected: 0.02, hazards: 0 },
  Fir: { band: 'elevated', expected: 0.1, hazards: 0 },
  Oak: { band: 'elevated', expected: 0.01, hazards: 0 },
}
const names = (order: Order) => ranked(routes, order, (id) => SEEN[id] ?? null).map(({ name }) => name)

test('a known hazard comes before every estimate', () => {
  expect(names('hazard')).toEqual(['Oak', 'Fir', 'Ash', 'Elm'])
})

test('by risk a known hazard counts for nothing', () => {
  expect(names('risk')).toEqual(['Fir', 'Ash', 'Elm', 'Oak'])
})

test('by rise a new hazard comes first, then a graver band, then more expected incidents', () => {
  expect(names('rise')).toEqual(['Oak', 'Elm', 'Fir', 'Ash'])
})

test('a route without data has the oldest data, and equal ones are read by name', () => {
  expect(names('age')).toEqual(['Ash', 'Elm', 'Oak', 'Fir'])
})

test('an address that names no order means known hazards', () => {
  expect(orderOf('rise')).toBe('rise')
  expect(orderOf('colour')).toBe('hazard')
  expect(orderOf(null)).toBe('hazard')
})
