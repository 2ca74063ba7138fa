import { expect, test } from 'vitest'
import { boundsAround, boundsOfText, sameBounds, textOfBounds } from './bounds'

test('a box goes through the address and back', () => {
  expect(textOfBounds([-30.123456, 9.5, -29, 10.00001])).toBe('-30.1235,9.5,-29,10')
  expect(boundsOfText('-30.1235,9.5,-29,10')).toEqual([-30.1235, 9.5, -29, 10])
})

test.each([null, '', '1,2,3', '1,2,3,x', '1,,3,4', '3,2,1,4', '1,4,3,2', '1,-91,3,4', '-541,2,3,4', 'Infinity,0,1,1'])(
  'what is no box is none: %s',
  (text) => {
    expect(boundsOfText(text)).toBeNull()
  },
)

test('less than the address shows is no difference', () => {
  expect(sameBounds([1, 2, 3, 4], [1.00001, 2, 3, 4])).toBe(true)
  expect(sameBounds([1, 2, 3, 4], [1.001, 2, 3, 4])).toBe(false)
  expect(sameBounds(null, undefined)).toBe(true)
  expect(sameBounds(null, [1, 2, 3, 4])).toBe(false)
})

test('the box around points, lines and areas alike', () => {
  expect(boundsAround([-30, 10])).toEqual([-30, 10, -30, 10])
  expect(
    boundsAround([
      [
        [-30, 10, 500],
        [-29, 9],
      ],
    ]),
  ).toEqual([-30, 9, -29, 10])
  expect(boundsAround([])).toBeNull()
})
