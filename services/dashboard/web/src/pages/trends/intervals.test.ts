import { beforeAll, expect, test } from 'vitest'
import { compared, poissonInterval, prepareIntervals } from './intervals'

beforeAll(prepareIntervals)

// Exact 90 % limits of a Poisson count (Garwood 1936), as tabulated in textbooks of epidemiology.
test.each([
  [0, 0, 2.9957],
  [1, 0.0513, 4.7439],
  [3, 0.8177, 7.7537],
  [10, 5.4254, 16.9622],
  [50, 38.9649, 63.2871],
])('the interval of %i', (count, low, high) => {
  const found = poissonInterval(count)
  expect(found.low).toBeCloseTo(low, 3)
  expect(found.high).toBeCloseTo(high, 3)
})

test('a large count has an interval as wide as the normal distribution says', () => {
  const { low, high } = poissonInterval(100_000)
  expect(low).toBeCloseTo(100_000 - 1.6449 * Math.sqrt(100_000), -1)
  expect(high).toBeCloseTo(100_000 + 1.6449 * Math.sqrt(100_000), -1)
})

test.each([
  [10, 2, 'more'],
  [2, 10, 'fewer'],
  [6, 4, 'unclear'],
  [5, 0, 'more'],
  [0, 5, 'fewer'],
  [1, 0, 'unclear'],
  [0, 0, 'unclear'],
  [50_000, 40_000, 'more'],
] as const)('%i after %i are %s', (now, before, verdict) => {
  expect(compared(now, before).verdict).toBe(verdict)
})

test('a ratio has an interval, which has no upper end where there was none before', () => {
  // 95 % and 5 % of the binomial: P(X >= 10 | 12, low) = P(X <= 10 | 12, high) = 0.05.
  const { ratio, low, high } = compared(10, 2)
  expect(ratio).toBe(5)
  const p = low / (1 + low)
  const choose = [66, 12, 1]
  const tail = choose.reduce((sum, ways, index) => sum + ways * p ** (10 + index) * (1 - p) ** (2 - index), 0)
  expect(tail).toBeCloseTo(0.05, 6)
  const q = high / (1 + high)
  expect(1 - 12 * q ** 11 * (1 - q) - q ** 12).toBeCloseTo(0.05, 6)
  expect(compared(5, 0)).toMatchObject({ ratio: null, high: Infinity })
  expect(compared(0, 0)).toMatchObject({ low: 0, high: Infinity })
})
