import { expect, test, vi } from 'vitest'
import { fieldOf, momentOfField } from './moments'

test('a moment goes through the field and back, to the minute, in whatever zone the device has', () => {
  const moment = '2026-02-28T05:40:00.000Z'
  expect(momentOfField(fieldOf(moment))).toBe(moment)
  expect(fieldOf('2026-02-28T05:40:59.999Z')).toBe(fieldOf(moment))
  expect(fieldOf(moment)).toMatch(/^2026-02-2[78]T\d\d:\d\d$/)
})

test.each(['Europe/Paris', 'Africa/Nairobi', 'Africa/Bamako'])(
  'a year that is half typed changes nothing else: %s',
  (zone) => {
    vi.stubEnv('TZ', zone)
    // The offset of that time was no whole number of minutes.
    expect(fieldOf(momentOfField('0202-02-28T05:40'))).toBe('0202-02-28T05:40')
    expect(fieldOf(momentOfField('2026-02-28T05:40'))).toBe('2026-02-28T05:40')
    vi.unstubAllEnvs()
  },
)

test('what is no date yet is no moment', () => {
  expect(fieldOf(null)).toBe('')
  expect(momentOfField('')).toBeNull()
  expect(momentOfField('2026-13-01T00:00')).toBeNull()
})
