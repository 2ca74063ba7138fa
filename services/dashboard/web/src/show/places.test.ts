import { expect, test } from 'vitest'
import { degreesOf } from './places'

test.each([
  [[-30.05866, 9.90381], '9.90381 N 30.05866 W'],
  [[20, -1.5], '1.5 S 20 E'],
  [[0, 0, 350], '0 N 0 E'],
  [[], ''],
])('%o is %s', (coordinates, text) => {
  expect(degreesOf(coordinates)).toBe(text)
})
