import { expect, test } from 'vitest'
import { positionsOf, textOf } from './positions'

test('latitude is written first, and read back', () => {
  expect(textOf([[-30.1, 10.025]])).toBe('10.025, -30.1')
  expect(positionsOf('10.025, -30.1\n\n 11 -30 ')).toEqual([
    [-30.1, 10.025],
    [-30, 11],
  ])
})

test('MGRS and degrees with their hemisphere are read as on the other pages', () => {
  expect(positionsOf('17.0421° N, 3.9962° W\n25PHM 23489 05689')).toEqual([
    [-3.9962, 17.0421],
    [expect.closeTo(-30.04966, 4), expect.closeTo(9.98943, 4)],
  ])
})

test.each(['10.025', 'north, west', '91, 0', '0, 181', '1, 2, 3'])('%s is no position', (text) => {
  expect(positionsOf(text)).toBeNull()
})
