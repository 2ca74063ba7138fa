import { afterEach, expect, test, vi } from 'vitest'
import { Pace } from './pacing'

vi.useFakeTimers()
afterEach(() => vi.clearAllTimers())

test('many changes are read once, and none is lost', () => {
  const read = vi.fn()
  const pace = new Pace(read, () => false, 1_000)
  for (let count = 0; count < 5; count++) {
    pace.soon()
    vi.advanceTimersByTime(100)
  }
  expect(read).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1_000)
  expect(read).toHaveBeenCalledTimes(1)
  pace.soon()
  vi.advanceTimersByTime(1_000)
  expect(read).toHaveBeenCalledTimes(2)
})

test('an answer that is under way is waited for', () => {
  let busy = true
  const read = vi.fn()
  const pace = new Pace(read, () => busy, 1_000)
  pace.soon()
  vi.advanceTimersByTime(5_500)
  expect(read).not.toHaveBeenCalled()
  busy = false
  vi.advanceTimersByTime(1_000)
  expect(read).toHaveBeenCalledTimes(1)
})

test('nothing is read after the end', () => {
  const read = vi.fn()
  const pace = new Pace(read, () => false, 1_000)
  pace.soon()
  pace.end()
  vi.advanceTimersByTime(2_000)
  expect(read).not.toHaveBeenCalled()
})
