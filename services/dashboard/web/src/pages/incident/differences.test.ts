import { expect, test } from 'vitest'
import { changesOf, differences, isSame, valueAt } from './differences'
import { reportOf, sample } from './sample'

test('two revisions differ by the dotted names of what changed, and not by their bookkeeping', () => {
  const before = sample()
  const after = sample({
    revision: 4,
    status: 'under_review',
    location: { ...before.location, uncertainty_m: 100 },
    audit: { ...before.audit, updated_at: '2026-11-02T00:00:00Z' },
  })
  expect(differences(before, after)).toEqual([
    { path: 'status', before: 'reported', after: 'under_review' },
    { path: 'location.uncertainty_m', before: 25, after: 100 },
  ])
})

test('lists and points are compared whole', () => {
  const before = sample()
  const point = { type: 'Point' as const, coordinates: [-3.9, 17] }
  const after = sample({
    location: { ...before.location, point },
    reports: [...before.reports, reportOf('Village')],
  })
  expect(differences(before, after).map(({ path }) => path)).toEqual(['location.point', 'reports'])
})

test('a field that is missing is one that is empty', () => {
  const { narrative: _, ...without } = sample({ narrative: null })
  expect(differences(without, sample({ narrative: null }))).toEqual([])
  expect(isSame({ a: null }, {})).toBe(true)
  expect(isSame([1, 2], [2, 1])).toBe(false)
})

test('what appears with several fields is a difference in each of them', () => {
  const clearance = { state: 'claimed', method: 'removed', confirmed_by: null }
  const [state, method] = [
    { path: 'clearance.state', before: null, after: 'claimed' },
    { path: 'clearance.method', before: null, after: 'removed' },
  ]
  expect(differences({ clearance: null }, { clearance })).toEqual([state, method])
  expect(differences({ clearance }, {})).toEqual([
    { ...state, before: 'claimed', after: null },
    { ...method, before: 'removed', after: null },
  ])
})

test('each revision is compared with the one before it, and only names are known where that is not there', () => {
  const [third, second] = [sample({ status: 'verified' }), sample({ status: 'under_review' })]
  const changes = changesOf([
    { revision: 3, incident: third },
    { revision: 2, incident: second },
  ])
  expect(changes.get(3)).toEqual([{ path: 'status', before: 'under_review', after: 'verified' }])
  expect(changes.get(2)).toBeNull()
  expect(changesOf([{ revision: 1, incident: second }]).get(1)).toEqual([])
})

test('a value is found by its dotted name', () => {
  expect(valueAt(sample(), 'location.place_name')).toBe('Culvert')
  expect(valueAt(sample(), 'clearance.state')).toBeNull()
})
