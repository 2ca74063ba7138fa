import { expect, test } from 'vitest'
import { clusterImage, sharesIn, sharesOf } from './clusters'

const counts = (count: number, hazardous = 0, active = 0, unknown = 0) => ({ count, hazardous, active, unknown })

test('the parts of the ring are the shares of the cluster', () => {
  expect(sharesOf(counts(1600, 800, 400, 100))).toEqual([4, 3, 1])
  expect(sharesOf(counts(7, 7, 7))).toEqual([16, 0, 0])
  expect(sharesOf(counts(9))).toEqual([0, 0, 0])
})

test('one hazard among thousands has a part, and so has what is over', () => {
  expect(sharesOf(counts(20_000, 1, 1))).toEqual([1, 0, 0])
  expect(sharesOf(counts(20_000, 1, 0, 1))).toEqual([0, 0, 1])
  expect(sharesOf(counts(20_000, 19_999, 19_997, 1))).toEqual([13, 1, 1])
})

test('an image is named by its parts, and no other name is read as one', () => {
  expect(sharesIn(clusterImage([4, 3, 1]))).toEqual([4, 3, 1])
  expect(sharesIn('incident ied active reported')).toBeNull()
})
