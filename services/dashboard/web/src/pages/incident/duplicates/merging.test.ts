import { expect, test } from 'vitest'
import type { Incident } from '../../../api/shapes'
import { faultsOf, givenOf, draftOf } from '../draft'
import { sample } from '../sample'
import { fieldsOfApart, fieldsOfMerge } from './merging'

const NOW = new Date('2026-11-01T12:00:00Z')
const hurt: Incident['casualties'] = [
  { outcome: 'injured', low: 1, best: 2, high: 2, affiliation: 'unknown', sex: 'unknown', age_band: 'unknown' },
]
const alias = sample({ incident_id: 'alias' })
const survivor = sample({ incident_id: 'survivor', casualties: hurt })

test('the one that stays is given, and nobody is asked for it', () => {
  expect(givenOf(fieldsOfMerge(alias, survivor, NOW))).toEqual({ survivor_id: 'survivor' })
})

test('figures of people hurt that differ are chosen by a person: nothing is chosen at first', () => {
  const asked = fieldsOfMerge(alias, survivor, NOW).filter(({ given }) => given === undefined)
  const draft = draftOf(asked, alias)
  expect(draft).toEqual({ casualties: '', reason: '' })
  expect(faultsOf(asked, draft)).toEqual({ casualties: 'required' })
  expect(faultsOf(asked, { ...draft, casualties: 'merged' })).toEqual({})
})

test('where both say the same of people hurt there is nothing to choose', () => {
  const same = fieldsOfMerge(alias, sample({ incident_id: 'survivor' }), NOW)
  expect(givenOf(same)).toEqual({ survivor_id: 'survivor', casualties: 'survivor' })
  expect(same.filter(({ given }) => given === undefined).map(({ name }) => name)).toEqual(['reason'])
})

test('two events: the other one is added to what is related already, and named once', () => {
  const related = (...ids: string[]) => sample({ links: { merged_into: null, merged_from: [], related: ids } })
  expect(givenOf(fieldsOfApart(related('x'), 'other', NOW))).toEqual({ 'links.related': 'x\nother' })
  expect(givenOf(fieldsOfApart(related('other'), 'other', NOW))).toEqual({ 'links.related': 'other' })
  expect(fieldsOfApart(sample(), 'other', NOW).map(({ name }) => name)).toEqual(['links.related', 'reason'])
})
