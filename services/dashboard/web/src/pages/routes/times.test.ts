import { expect, test } from 'vitest'
import { fieldOf, timeOfAddress, timeOfField } from './times'

test('a time in an address is UTC unless it says otherwise', () => {
  expect(timeOfAddress('2026-11-29T06:00')).toBe('2026-11-29T06:00:00.000Z')
  expect(timeOfAddress('2026-11-29T06:00Z')).toBe('2026-11-29T06:00:00.000Z')
  expect(timeOfAddress('2026-11-29T06:00+02:00')).toBe('2026-11-29T04:00:00.000Z')
})

test('what is no time means now', () => {
  expect(timeOfAddress(null)).toBeNull()
  expect(timeOfAddress('yesterday')).toBeNull()
  expect(timeOfAddress(2026)).toBeNull()
  expect(timeOfField('')).toBeNull()
})

test('a field shows the minute in UTC, and gives it back', () => {
  expect(fieldOf('2026-11-29T06:05:59+02:00')).toBe('2026-11-29T04:05')
  expect(timeOfField('2026-11-29T04:05')).toBe('2026-11-29T04:05:00.000Z')
})
