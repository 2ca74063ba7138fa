import { expect, test } from 'vitest'
import type { Filter } from '../../api/shapes'
import { entryOfFilter, filterOf, newFilter } from './filterEntry'

const FILTER: Filter = {
  area: { type: 'circle', center: { type: 'Point', coordinates: [-1, 17] }, radius_m: 500 },
  accuracy: 'contains',
  categories: ['ied'],
  min_severity: 'severe',
  statuses: ['verified'],
  hazard_states: ['active'],
  min_grade: { reliability: 'B', credibility: 2 },
  tlp_max: 'green',
  exercises: 'only',
  sources: 'exclude',
}

test('every clause comes back as it was', () => {
  expect(filterOf(entryOfFilter(FILTER))).toEqual(FILTER)
  const any = { ...FILTER, min_grade: { reliability: null, credibility: null } }
  expect(filterOf(entryOfFilter(any))).toEqual(any)
})

test('a new filter lets all explosive hazards through, once it has an area', () => {
  expect(filterOf(newFilter())).toBeNull()
  const found = filterOf({ ...newFilter(), area: { ...newFilter().area, type: 'everything' } })
  expect(found).toMatchObject({ area: { type: 'everything' }, min_severity: 'minor', exercises: 'exclude' })
  expect(found?.categories).not.toContain('not_explosive')
})

test('no category is no filter', () => {
  expect(filterOf({ ...entryOfFilter(FILTER), categories: [] })).toBeNull()
})
