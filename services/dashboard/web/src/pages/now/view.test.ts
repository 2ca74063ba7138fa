import { expect, test } from 'vitest'
import { askedFor, following, momentsOf, placeOf, viewOf } from './view'

const NOW = new Date('2026-11-29T06:30:40Z')
const view = (address: string) => viewOf(new URLSearchParams(address))

test('an address without parameters shows seven days, and narrows nothing', () => {
  expect(view('')).toMatchObject({ span: '7d', at: null, known: false, category: [], incident: null, box: null })
})

test('what the address says is shown, and what is no value is left out', () => {
  const shown = view('category=landmine,ied,tank&status=verified&hazard=active&span=30d&place=Bir&box=1,2,3,4')
  expect(shown.category).toEqual(['ied', 'landmine'])
  expect(shown).toMatchObject({
    status: ['verified'],
    hazard: ['active'],
    span: '30d',
    place: 'Bir',
    box: [1, 2, 3, 4],
  })
  expect(view('span=2w&at=tomorrow&incident=x&known=true')).toMatchObject({
    span: '7d',
    at: null,
    known: false,
    incident: null,
  })
})

test('what is known is asked for as of the moment, what happened until it', () => {
  const at = '2026-11-28T12:00:00.000Z'
  expect(askedFor(view(`span=7d&at=${at}`), NOW).within).toEqual({ from: '2026-11-22T06:30:00.000Z', to: at })
  const { within, before } = askedFor(view(`span=7d&at=${at}&known=true`), NOW)
  expect(within.as_of).toBe(at)
  expect(before?.as_of).toBe(at)
})

test('a hazard that stands is shown however old it is', () => {
  const { within, before } = askedFor(view('span=24h&category=ied'), NOW)
  expect(within).toEqual({ category: ['ied'], from: '2026-11-28T06:30:00.000Z' })
  expect(before).toEqual({
    category: ['ied'],
    hazard_state: ['active', 'suspected', 'marked', 'unknown'],
    to: '2026-11-28T06:30:00.000Z',
  })
})

test('a moment before the span shows nothing that came after it', () => {
  const at = '2026-11-01T00:00:00.000Z'
  expect(askedFor(view(`span=24h&at=${at}`), NOW).before?.to).toBe(at)
})

test('the hazard states of the filter hold for what came before, too', () => {
  expect(askedFor(view('hazard=marked,cleared'), NOW).before?.hazard_state).toEqual(['marked'])
  expect(askedFor(view('hazard=cleared'), NOW).before).toBeNull()
  expect(askedFor(view('span=all'), NOW).before).toBeNull()
})

test('the same is asked for within a minute', () => {
  const later = new Date(NOW.getTime() + 15_000)
  expect(askedFor(view(''), later)).toEqual(askedFor(view(''), NOW))
})

test('the slider goes by whole hours of a day, and by whole days of a month', () => {
  const hours = momentsOf('24h', NOW)
  expect(hours).toHaveLength(25)
  expect(hours[0]?.toISOString()).toBe('2026-11-28T07:00:00.000Z')
  expect(hours.at(-1)).toBeNull()
  const days = momentsOf('30d', NOW)
  expect(days[0]?.toISOString()).toBe('2026-10-31T00:00:00.000Z')
  expect(days).toHaveLength(31)
})

test('a moment between two steps is at the earlier one, the present at the end', () => {
  const hours = momentsOf('24h', NOW)
  expect(placeOf(new Date('2026-11-28T08:59:00Z'), hours)).toBe(1)
  expect(placeOf(new Date('2026-01-01T00:00:00Z'), hours)).toBe(0)
  expect(placeOf(null, hours)).toBe(24)
})

test('the playback goes on to the present, and ends there', () => {
  expect(following(3, 25)).toBe(4)
  expect(following(23, 25)).toBe(24)
  expect(following(24, 25)).toBeNull()
})
