import { expect, test } from 'vitest'
import { durationOf, quietOf, secondsOf } from './durations'

test.each([
  ['PT6H', { count: 6, unit: 'hour' }],
  ['P1D', { count: 1, unit: 'day' }],
  ['PT90M', { count: 90, unit: 'minute' }],
  ['P30D', { count: 30, unit: 'day' }],
] as const)('%s there and back', (duration, quiet) => {
  expect(quietOf(duration)).toEqual(quiet)
  expect(durationOf(quiet)).toBe(duration)
})

test('parts are added up', () => {
  expect(secondsOf('P1DT1H1M1S')).toBe(90_061)
  expect(secondsOf('P1W')).toBe(604_800)
  expect(secondsOf('six hours')).toBeNull()
  expect(secondsOf('PT')).toBeNull()
})
