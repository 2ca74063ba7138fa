import { expect, test } from 'vitest'
import type { IncidentCounts } from '../../api/shapes'
import { rowsOf, sumOf, weeksOf } from './counts'

function count(first_day: string, last_day: string, incidents: number, more: object = {}) {
  return { first_day, last_day, incidents, uncertain: 0, reduced: 0, ...more }
}

const WEEKLY = {
  days: 7,
  last_day: '2026-11-29',
  counts: [
    count('2026-10-12', '2026-10-18', 9, { category: 'ied' }),
    count('2026-11-02', '2026-11-08', 2, { category: 'ied' }),
    count('2026-11-16', '2026-11-22', 3, { category: 'ied', uncertain: 1 }),
    count('2026-11-16', '2026-11-22', 4, { category: 'landmine', uncertain: 2 }),
    count('2026-11-23', '2026-11-29', 1, { category: 'ied' }),
  ],
} as unknown as IncidentCounts

test('each week of both spans is there, also one without incidents', () => {
  expect(weeksOf(WEEKLY, 2)).toEqual([
    { first_day: '2026-11-02', last_day: '2026-11-08', incidents: 2, uncertain: 0, current: false },
    { first_day: '2026-11-09', last_day: '2026-11-15', incidents: 0, uncertain: 0, current: false },
    { first_day: '2026-11-16', last_day: '2026-11-22', incidents: 7, uncertain: 3, current: true },
    { first_day: '2026-11-23', last_day: '2026-11-29', incidents: 1, uncertain: 0, current: true },
  ])
})

test('a row has the span and the one before it, and nothing older', () => {
  const rows = rowsOf(WEEKLY, 'category', 14)
  expect(rows).toEqual([
    { value: 'ied', now: 4, before: 2 },
    { value: 'landmine', now: 4, before: 0 },
  ])
  expect(sumOf(rows)).toEqual({ now: 8, before: 2 })
})
