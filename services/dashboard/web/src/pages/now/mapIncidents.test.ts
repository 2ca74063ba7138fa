import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { IncidentMap, IncidentMapQuery } from '../../api/shapes'
import type { Bounds } from '../../map/bounds'
import { MapIncidents } from './mapIncidents.svelte'
import { viewOf } from './view'

const read = vi.hoisted(() => vi.fn<(query: IncidentMapQuery, signal: AbortSignal) => Promise<unknown>>())
vi.mock('../../words/words.svelte', () => ({ say: (word: string) => word }))
vi.mock('../../api/client', () => ({ Refused: class extends Error {} }))
vi.mock('../../map/reader', () => ({
  IncidentMapReader: class {
    read = read
  },
}))

const PLACE: Bounds = [0, 0, 8, 6]
const ALL = viewOf(new URLSearchParams({ span: 'all' }))
const answer = (): Pick<IncidentMap, 'zoom' | 'total' | 'features'> => ({ zoom: 6, total: 0, features: [] })
let map: MapIncidents

beforeEach(() => {
  vi.useFakeTimers()
  read.mockReset()
  map = new MapIncidents()
  map.ask(ALL)
})

afterEach(() => {
  map.end()
  vi.useRealTimers()
})

test('a map that is dragged is asked for when it rests, once', async () => {
  read.mockImplementation(() => Promise.resolve(answer()))
  for (let step = 0; step < 30; step++) {
    map.look([step, 0, step + 8, 6], 6)
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(read).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(read.mock.calls.map(([query]) => query.bbox)).toEqual(['29,0,37,6'])
})

test('of two places in a row the answer of the first is not waited for', async () => {
  const signals: AbortSignal[] = []
  read.mockImplementation((_query, signal) => {
    signals.push(signal)
    return new Promise(() => undefined)
  })
  map.look(PLACE, 6)
  await vi.advanceTimersByTimeAsync(1_000)
  map.look([1, 0, 9, 6], 6)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
})

test('an incident that changes is asked for at once', async () => {
  read.mockImplementation(() => Promise.resolve(answer()))
  map.look(PLACE, 6)
  await vi.advanceTimersByTimeAsync(1_000)
  read.mockClear()
  map.again()
  await vi.advanceTimersByTimeAsync(150)
  expect(read).toHaveBeenCalledTimes(1)
})

test('while many incidents change, each is asked for within a second, and many of them together', async () => {
  read.mockImplementation(() => Promise.resolve(answer()))
  map.look(PLACE, 6)
  await vi.advanceTimersByTimeAsync(1_000)
  read.mockClear()
  for (let event = 0; event < 100; event++) {
    map.again()
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(read.mock.calls.length).toBeGreaterThan(10)
  expect(read.mock.calls.length).toBeLessThan(20)
})

test('a server that takes long is asked less often, and what changed meanwhile is asked for after its answer', async () => {
  const slow = 400
  read.mockImplementation(() => new Promise((done) => setTimeout(() => done(answer()), slow)))
  map.look(PLACE, 6)
  await vi.advanceTimersByTimeAsync(1_000)
  read.mockClear()
  for (let event = 0; event < 200; event++) {
    map.again()
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(read.mock.calls.length).toBeGreaterThan(5)
  expect(read.mock.calls.length).toBeLessThanOrEqual(13)
  expect(read.mock.calls.every(([, signal]) => !signal.aborted)).toBe(true)
  await vi.advanceTimersByTimeAsync(5_000)
  read.mockClear()
  map.again()
  await vi.advanceTimersByTimeAsync(200)
  map.again()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(read).toHaveBeenCalledTimes(2)
})

test('an answer that did not come is asked for again', async () => {
  read.mockRejectedValueOnce(new TypeError('no answer'))
  read.mockImplementation(() => Promise.resolve(answer()))
  map.look(PLACE, 6)
  await vi.advanceTimersByTimeAsync(1_000)
  expect([read.mock.calls.length, map.problem]).toEqual([1, 'now.map.unread'])
  await vi.advanceTimersByTimeAsync(3_000)
  expect([read.mock.calls.length, map.problem]).toEqual([2, null])
})

test('what the server says is unchanged is not drawn again', async () => {
  const same = answer()
  read.mockImplementation(() => Promise.resolve(same))
  map.look(PLACE, 6)
  await vi.advanceTimersByTimeAsync(1_000)
  const drawn = map.features
  map.again()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(read.mock.calls.length).toBe(2)
  expect(map.features).toBe(drawn)
  read.mockImplementation(() => Promise.resolve(answer()))
  map.again()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(map.features).not.toBe(drawn)
})
