import { beforeEach, expect, test, vi } from 'vitest'

const { session } = vi.hoisted(() => ({ session: { who: { zone: 'UTC' } } }))
vi.mock('../session/session.svelte', () => ({ session }))
vi.mock('../words/words.svelte', () => ({ currentLanguage: () => 'en' }))

import { momentOf, timeOf, utcOf } from './times'

const NOON = new Date('2026-11-29T12:00:30Z')
const LATE = new Date('2026-11-29T23:30:00Z')

beforeEach(() => {
  session.who.zone = 'Africa/Bangui'
})

test('a time is in the zone of the mission, and its UTC is beside it', () => {
  expect([momentOf(NOON), utcOf(NOON)]).toEqual(['29 Nov, 13:00', '12:00Z'])
  expect(timeOf(NOON)).toBe('13:00:30')
})

test('where the day is another one in UTC, UTC has its day', () => {
  expect([momentOf(LATE), utcOf(LATE)]).toEqual(['30 Nov, 00:30', '29 Nov, 23:30Z'])
})

test('where the zone is UTC a time is said once', () => {
  session.who.zone = 'UTC'
  expect([momentOf(NOON), utcOf(NOON)]).toEqual(['29 Nov, 12:00Z', null])
})

test('so it is in a zone that is at UTC for a part of the year', () => {
  session.who.zone = 'Europe/London'
  expect([momentOf(NOON), utcOf(NOON)]).toEqual(['29 Nov, 12:00Z', null])
  expect(utcOf(new Date('2026-07-01T12:00:00Z'))).toBe('12:00Z')
})
