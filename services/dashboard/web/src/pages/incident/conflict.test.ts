import { expect, test } from 'vitest'
import { compare, isDecided, joined } from './conflict'

const BASE = { place: 'Culvert', outcome: 'found_marked', narrative: 'Object.', measures: ['cordon'] }
const THEIRS = { ...BASE, place: 'Culvert at km 12', narrative: 'Object, seen twice.' }
const YOURS = { ...BASE, place: 'Bridge', measures: ['cordon', 'marking'] }

test('what both changed to different values must be chosen; what one changed stays', () => {
  expect(compare(BASE, THEIRS, YOURS)).toEqual({
    clashes: [{ name: 'place', was: 'Culvert', theirs: 'Culvert at km 12', yours: 'Bridge' }],
    yoursAlone: ['measures'],
    theirsAlone: ['narrative'],
  })
})

test('what both changed to the same value is no clash', () => {
  expect(compare(BASE, THEIRS, { ...THEIRS }).clashes).toEqual([])
})

test('nothing that either typed is lost', () => {
  expect(joined(BASE, THEIRS, YOURS, { place: 'yours' })).toEqual({
    place: 'Bridge',
    outcome: 'found_marked',
    narrative: 'Object, seen twice.',
    measures: ['cordon', 'marking'],
  })
  expect(joined(BASE, THEIRS, YOURS, { place: 'theirs' }).place).toBe('Culvert at km 12')
})

test('it is decided when each clash is', () => {
  const comparison = compare(BASE, THEIRS, YOURS)
  expect(isDecided(comparison, {})).toBe(false)
  expect(isDecided(comparison, { place: 'yours' })).toBe(true)
})
