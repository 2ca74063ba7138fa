import { expect, test, vi } from 'vitest'
import { valueOf, worded } from './fields'

vi.mock('../session/session.svelte', () => ({ session: { who: { zone: 'UTC' } } }))

test('a text that begins with a time is a text', () => {
  const told = '2026-11-01T08:05Z patrol stopped at the culvert.'
  expect(valueOf('narrative', told)).toBe(told)
  expect(valueOf('narrative', '2026-11-01Tuesday')).toBe('2026-11-01Tuesday')
})

test('a time is written as people read it', () => {
  expect(valueOf('time.latest', '2026-11-01T08:05:00.25Z')).toContain('1 Nov')
  expect(valueOf('time.latest', '2026-11-01T08:05:00+00:00')).toContain('1 Nov')
})

test('a grade has its letter or number wherever it is named', () => {
  expect(worded('incident.reliability', 'B')).toMatch(/^B – /)
  expect(valueOf('grading.info_credibility', 2)).toMatch(/^2 – /)
  expect(worded('incident.outcome', 'hoax')).not.toContain('–')
})

test('a report whose organisation is not known says so in the language of the person', () => {
  const report = { organisation: 'unknown', channel: 'radio' }
  expect(valueOf('reports', [report, { ...report, organisation: 'Orvanta' }])).toBe(
    'incident.reports.unknown (radio); Orvanta (radio)',
  )
})
