import { expect, test, vi } from 'vitest'
import { ageOf, countOf, distanceOf, kmOf, percentOf } from './quantities'

vi.mock('../words/words.svelte', () => ({ currentLanguage: () => 'en' }))

test('a number has two digits that count', () => {
  expect(countOf(1.1491)).toBe('1.1')
  expect(countOf(0.00047375)).toBe('0.00047')
})

test('what is only likely is never certain, nor impossible', () => {
  expect(percentOf(0.683)).toBe('68%')
  expect(percentOf(0.004)).toBe('<1%')
  expect(percentOf(0.9999)).toBe('>99%')
  expect(percentOf(0)).toBe('0%')
  expect(percentOf(1)).toBe('100%')
})

test('an age has the unit that a person would say', () => {
  expect(ageOf(0.0173)).toBe('25 minutes')
  expect(ageOf(0.3)).toBe('7 hours')
  expect(ageOf(3.2)).toBe('3 days')
  expect(ageOf(1000)).toBe('3 years')
})

test('distances', () => {
  expect(distanceOf(340.4)).toBe('340 m')
  expect(distanceOf(2515)).toBe('2.5 km')
  expect(distanceOf(29_832)).toBe('30 km')
  expect(kmOf(3)).toBe('3.0')
})
