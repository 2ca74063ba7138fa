import { expect, test } from 'vitest'
import { addressOnNow, firstDay, kindsQuery, mapNarrowing, viewOf, weeklyQuery } from './view'

const NOW = new Date('2026-11-29T23:30:00Z')
const view = (text: string) => viewOf(new URLSearchParams(text))

test('an address says the span, the categories, the exercises and the box', () => {
  expect(view('weeks=52&category=ied,landmine&exercises=only&box=1,2,3,4')).toEqual({
    weeks: 52,
    category: ['ied', 'landmine'],
    exercises: 'only',
    box: [1, 2, 3, 4],
  })
})

test('what is no value does not narrow, and exercises are left out', () => {
  expect(view('weeks=5&category=bus&exercises=maybe&box=1,2')).toEqual({
    weeks: 13,
    category: [],
    exercises: 'exclude',
    box: null,
  })
})

test('the span has its last day in it', () => {
  expect(firstDay('2026-03-01', 7)).toBe('2026-02-23')
})

test('the span and the one before it are asked for, with a week to spare', () => {
  const shown = view('weeks=4&category=ied&box=170,-10,190,0')
  expect(weeklyQuery(shown, NOW)).toEqual({
    from: '2026-09-28',
    days: 7,
    per: ['category'],
    exercises: 'exclude',
    category: ['ied'],
    bbox: '170,-10,-170,0',
  })
  expect(kindsQuery(shown, NOW)).toMatchObject({ from: '2026-09-28', days: 28, per: ['status', 'outcome'] })
  expect(mapNarrowing(shown, NOW)).toEqual({ from: '2026-11-02', exercises: 'exclude', category: ['ied'] })
})

test('Now shows the same place', () => {
  expect(addressOnNow(view('weeks=4&category=ied'), [1, 2, 3, 4])).toBe('/?box=1%2C2%2C3%2C4&span=30d&category=ied')
  expect(addressOnNow(view(''), [1, 2, 3, 4])).toBe('/?box=1%2C2%2C3%2C4&span=all')
})
