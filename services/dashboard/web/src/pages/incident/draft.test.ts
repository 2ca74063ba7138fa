import { expect, test } from 'vitest'
import { draftOf, faultsOf, fieldOf, patchOf } from './draft'
import { fieldsOf } from './fields'
import { sample } from './sample'

const NOW = new Date('2026-11-02T00:00:00Z')
const fields = fieldsOf('correct', sample(), NOW, false)
const base = draftOf(fields, sample())

test('a form that was only opened changes nothing', () => {
  expect(patchOf(fields, base, draftOf(fields, sample()))).toEqual({})
  expect(faultsOf(fields, base)).toEqual({})
})

test('a patch holds what was changed, nested as the API has it; what is emptied is null', () => {
  const draft = {
    ...base,
    'location.place_name': '',
    'location.point': '17.05 N, 3.99 W',
    'time.occurred_at': '2026-11-01T08:30',
    'sharing.releasable_to': 'MISSION A\n\n MISSION B ',
    exercise: true,
  }
  expect(patchOf(fields, base, draft)).toEqual({
    exercise: true,
    location: { place_name: null, point: { type: 'Point', coordinates: [-3.99, 17.05] } },
    time: { occurred_at: '2026-11-01T08:30:00Z' },
    sharing: { releasable_to: ['MISSION A', 'MISSION B'] },
  })
})

test('what is wrong is said at its field before anything is sent', () => {
  const draft = { ...base, 'location.point': 'by the bridge', 'location.uncertainty_m': 'far' }
  expect(faultsOf(fields, draft)).toEqual({ 'location.point': 'place', 'location.uncertainty_m': 'number' })
  expect(faultsOf(fields, { ...base, 'location.point': '' })).toEqual({ 'location.point': 'required' })
})

test('people hurt are bounded: at least, probably, at most', () => {
  const hurt = { outcome: 'injured', affiliation: 'un', sex: 'unknown', age_band: 'adult' } as const
  const draft = { ...base, casualties: [{ ...hurt, low: 3, best: 2, high: 4 }] }
  expect(faultsOf(fields, draft)).toEqual({ casualties: 'casualties' })
})

test('an error of the server is shown at the field that it is about', () => {
  expect(fieldOf(fields, 'body.location.point.coordinates.1')).toBe('location.point')
  expect(fieldOf(fields, 'body.location.uncertainty_m')).toBe('location.uncertainty_m')
  expect(fieldOf(fields, 'query.reason')).toBe('reason')
  expect(fieldOf(fields, 'header.If-Match')).toBeNull()
})

test('what the key may not read cannot be corrected', () => {
  const reduced = sample({ form: 'reduced', left_out: ['location.point', 'narrative', 'reports'] })
  const names = fieldsOf('correct', reduced, NOW, false).map(({ name }) => name)
  expect(names).not.toContain('location.point')
  expect(names).not.toContain('narrative')
  expect(names).toContain('category')
})

test('who claimed a clearance confirms it only with the reason why there is nobody else', () => {
  expect(fieldsOf('confirm', sample(), NOW, true)).toMatchObject([{ name: 'override_reason', required: true }])
  expect(fieldsOf('confirm', sample(), NOW, false).some(({ required }) => required)).toBe(false)
})
