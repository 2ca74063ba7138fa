import { expect, test } from 'vitest'
import type { Incident } from '../api/shapes'
import { sample } from '../pages/incident/sample'
import { hundredths, reasonsOf, type Likeness } from './reasons'

const likeness = (more: Partial<Likeness> = {}): Likeness => ({
  score: 0.82,
  place: 0.6,
  time: 0.9,
  category: 1,
  outcome: 1,
  distance_m: 120,
  within_m: 500,
  apart_seconds: 0,
  ...more,
})
const at = (uncertainty_m: number, more: Partial<Incident> = {}) =>
  sample({ ...more, location: { ...sample().location, uncertainty_m } })
const said = (one: Incident, other: Incident, more?: Partial<Likeness>) =>
  Object.fromEntries(
    reasonsOf(one, other, likeness(more)).map(({ part, word, values }) => [part, [word, values]] as const),
  )

test('each part has its own number, of 100, the place first', () => {
  const reasons = reasonsOf(sample(), sample(), likeness({ outcome: 0.7 }))
  expect(reasons.map(({ part, score }) => [part, score])).toEqual([
    ['place', 60],
    ['time', 90],
    ['category', 100],
    ['outcome', 70],
  ])
})

test('what is nearly alike is not said to be wholly so', () => {
  expect([0, 0.004, 0.555, 0.997, 1].map(hundredths)).toEqual([0, 0, 56, 99, 100])
})

test('a distance is set against the uncertainty of both places', () => {
  const values = { metres: 120, mine: 25, its: 300, within: 500 }
  expect(said(at(25), at(300)).place).toEqual(['duplicates.place.within', values])
  expect(said(at(25), at(95)).place?.[0]).toBe('duplicates.place.within')
  expect(said(at(25), at(90)).place?.[0]).toBe('duplicates.place.beyond')
  expect(said(at(300), at(400), { within_m: 700 }).place?.[1]).toMatchObject({ mine: 300, its: 400, within: 700 })
})

test('a time that certainly lies between is said, and none where the spans touch', () => {
  expect(said(sample(), sample()).time).toEqual(['duplicates.time.touch', {}])
  const apart = (apart_seconds: number) => said(sample(), sample(), { apart_seconds }).time
  expect(apart(59)).toEqual(['duplicates.time.near', {}])
  expect(apart(1199)).toEqual(['duplicates.time.apart', { time: '19 minutes' }])
  expect(apart(3600)).toEqual(['duplicates.time.apart', { time: '1 hour' }])
  // At least so much: not rounded up.
  expect(apart(7000)).toEqual(['duplicates.time.apart', { time: '1 hour' }])
})

test('categories are the same, or one or both are not known', () => {
  const [ied, unknown] = [sample(), sample({ category: 'unknown' })]
  expect(said(ied, ied).category?.[0]).toBe('duplicates.category.same')
  expect(said(ied, unknown).category).toEqual(said(unknown, ied).category)
  expect(said(ied, unknown).category).toEqual(['duplicates.category.one', { value: 'ied' }])
  expect(said(unknown, unknown).category?.[0]).toBe('duplicates.category.neither')
})

test('outcomes are the same, do not contradict, or are not known', () => {
  const of = (outcome: Incident['outcome']) => sample({ outcome })
  expect(said(of('hoax'), of('hoax')).outcome).toEqual(['duplicates.outcome.same', { value: 'hoax' }])
  expect(said(of('hoax'), of('unknown')).outcome).toEqual(['duplicates.outcome.one', { value: 'hoax' }])
  expect(said(of('unknown'), of('unknown')).outcome?.[0]).toBe('duplicates.outcome.neither')
  expect(said(of('detonated'), of('partial')).outcome).toEqual([
    'duplicates.outcome.alike',
    { mine: 'detonated', its: 'partial' },
  ])
})
