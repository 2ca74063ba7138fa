import { expect, test } from 'vitest'
import { byRise, riseOf, type Rise, type Risk, type Seen } from './rise'

const risk = (over: Partial<Risk> = {}): Risk => ({
  band: 'elevated',
  expected_events: 0.02,
  known_hazards: 0,
  ...over,
})
const seen = (over: Partial<Seen> = {}): Seen => ({ band: 'elevated', expected: 0.02, hazards: 0, ...over })

test('what was never looked at is new', () => {
  expect(riseOf(null, risk()).kind).toBe('new')
})

test('a change below a tenth is no news', () => {
  expect(riseOf(seen({ expected: 0.0199 }), risk()).kind).toBe('same')
  expect(riseOf(seen({ expected: 0.0201 }), risk()).kind).toBe('same')
  expect(riseOf(seen({ expected: 0 }), risk({ expected_events: 0 })).kind).toBe('same')
})

test('a tenth more is a rise, a tenth less a fall', () => {
  expect(riseOf(seen({ expected: 0.018 }), risk()).kind).toBe('rose')
  expect(riseOf(seen({ expected: 0.0221 }), risk()).kind).toBe('fell')
})

test('a graver band says which one it was', () => {
  expect(riseOf(seen({ band: 'low' }), risk())).toMatchObject({ kind: 'rose', from: 'low', steps: 1 })
  expect(riseOf(seen({ band: 'low_data' }), risk({ band: 'low' })).kind).toBe('rose')
})

test('one more known hazard is a rise, even where less is expected', () => {
  const rise = riseOf(seen({ expected: 0.5 }), risk({ known_hazards: 1, band: 'known_hazard' }))
  expect(rise).toMatchObject({ kind: 'rose', hazards: 1 })
})

test('one known hazard less is a fall', () => {
  expect(riseOf(seen({ hazards: 2 }), risk({ known_hazards: 1 }))).toMatchObject({ kind: 'fell', hazards: -1 })
})

test('a route that was never looked at comes after what rose, before what is as it was', () => {
  const of = (kind: Rise['kind']): Rise => ({ kind, hazards: 0, steps: 0, expected: 0, from: null })
  const kinds = [of('fell'), of('same'), of('new'), of('rose')].sort(byRise).map(({ kind }) => kind)
  expect(kinds).toEqual(['rose', 'new', 'same', 'fell'])
})
