import { expect, test } from 'vitest'
import { positionsOf, textOf } from './positions'

test('latitude is written first, and read back', () => {
  expect(textOf([[-30.1, 10.025]])).toBe('10.025, -30.1')
  expect(positionsOf('10.025, -30.1\n\n 11 -30 ')).toEqual([
    [-30.1, 10.025],
    [-30, 11],
  ])
})

test.each(['10.025', 'north, west', '91, 0', '0, 181', '1, 2, 3'])('%s is no position', (text) => {
  expect(positionsOf(text)).toBeNull()
})
