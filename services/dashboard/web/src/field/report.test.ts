import { expect, test } from 'vitest'
import type { SentReport } from '../api/shapes'
import { emptyDraft, isEmpty, type Draft } from './draft'
import { newEntry } from './entry'
import { isOfClock, questionOf, reportOf, unanswered } from './report'

const ID = '0195519a-7d40-7000-8000-000000000001'
const NOW = new Date('2026-02-28T06:00:00Z')
const EMPTY = emptyDraft({ organisation: '', role: '' })
const LEAST: Draft = {
  ...EMPTY,
  category: 'unknown',
  outcome: 'unknown',
  place: { by: 'mgrs', longitude: -3.9962, latitude: 17.0421, uncertaintyM: 708 },
  at: '2026-02-28T05:40:00.000Z',
}

test('the least that can be said', () => {
  const expected: SentReport = {
    incident_id: ID,
    category: 'unknown',
    outcome: 'unknown',
    location: {
      point: { type: 'Point', coordinates: [-3.9962, 17.0421] },
      precision: 'near_locality',
      uncertainty_m: 708,
      setting: 'unknown',
    },
    time: { occurred_at: '2026-02-28T05:40:00.000Z', precision: 'minute', reported_at: '2026-02-28T06:00:00.000Z' },
    narrative: '',
    exercise: false,
    report: { channel: 'form', organisation: 'unknown', role: 'unknown' },
  }
  expect(reportOf(LEAST, ID, NOW)).toEqual(expected)
})

test('everything that is asked', () => {
  const report = reportOf(
    {
      ...LEAST,
      category: 'ied',
      outcome: 'found_marked',
      hazard: 'active',
      place: { by: 'device', longitude: 1, latitude: 2, uncertaintyM: 3000 },
      placeName: ' Culvert ',
      precision: 'hour',
      narrative: ' Road closed. ',
      exercise: true,
      organisation: ' Convoy 12 ',
      role: 'commander',
      nineLine: { line_3_contact_method: ' HF 7 ', line_5_cbrn_contamination: '  ' },
    },
    ID,
    NOW,
  )
  expect(report).toMatchObject({
    hazard_state: 'active',
    location: { precision: 'gps', uncertainty_m: 3000, place_name: 'Culvert' },
    time: { precision: 'hour' },
    narrative: 'Road closed.',
    exercise: true,
    report: { organisation: 'Convoy 12', role: 'commander', nine_line: { line_3_contact_method: 'HF 7' } },
  })
  expect(report.report?.nine_line).toEqual({ line_3_contact_method: 'HF 7' })
})

test.each([
  ['device', 3000, 'gps'],
  ['mgrs', 71, 'gps'],
  ['map', 71, 'near_locality'],
  ['mgrs', 7072, 'admin2'],
  ['mgrs', 70711, 'admin1'],
  ['map', 555_428, 'country'],
] as const)('what a point stands for: by %s, %i m', (by, uncertaintyM, precision) => {
  const place = { by, longitude: 1, latitude: 2, uncertaintyM }
  expect(reportOf({ ...LEAST, place }, ID, NOW).location).toMatchObject({ precision, uncertainty_m: uncertaintyM })
})

test('what is missing is named, and nothing is sent without it', () => {
  expect(unanswered(EMPTY)).toEqual(['category', 'happened', 'where', 'when'])
  expect(unanswered(LEAST)).toEqual([])
  expect(() => reportOf({ ...LEAST, place: null }, ID, NOW)).toThrow('where')
})

test.each([
  [{ field: 'body.location.point', pointer: '/location/point' }, 'where'],
  [{ field: 'time.occurred_at', pointer: null }, 'when'],
  [{ field: 'body.hazard_state', pointer: '/hazard_state' }, 'happened'],
  [
    { field: 'body.report.nine_line.line_1_date_time_group', pointer: '/report/nine_line/line_1_date_time_group' },
    'lines',
  ],
  [{ field: 'body.report.organisation', pointer: '/report/organisation' }, 'who'],
  [{ field: 'header.Idempotency-Key', pointer: null }, null],
] as const)('an error is shown at its question: %o', (error, question) => {
  expect(questionOf(error)).toBe(question)
})

test('an error of the moment of sending is one of the clock', () => {
  expect(isOfClock({ field: 'time.reported_at' })).toBe(true)
  expect(isOfClock({ field: 'time.occurred_at' })).toBe(false)
})

test('an empty form is empty whoever uses the device', () => {
  expect(isEmpty(emptyDraft({ organisation: 'Convoy 12', role: '' }))).toBe(true)
  expect(isEmpty({ ...EMPTY, narrative: 'x' })).toBe(false)
  expect(isEmpty(LEAST)).toBe(false)
})

test('a report has an id of its own that the API takes: a UUID of version 7', () => {
  const [one, other] = [newEntry(EMPTY, NOW), newEntry(EMPTY, NOW)]
  expect(one.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set([one.id, one.key, other.id, other.key]).size).toBe(4)
})
