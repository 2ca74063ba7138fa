import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Watch } from './watch.svelte'

class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible'
  turn(state: DocumentVisibilityState) {
    this.visibilityState = state
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('it is read again every few seconds until it is not followed any more', async () => {
  let count = 0
  const watch = new Watch(async () => ++count, 5_000)
  const leave = watch.follow(new Page() as unknown as Document)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(watch.data).toBe(3)
  leave()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(count).toBe(3)
})

test('a page that is hidden reads nothing, and reads at once when it is looked at again', async () => {
  let count = 0
  const page = new Page()
  const watch = new Watch(async () => ++count, 5_000)
  watch.follow(page as unknown as Document)
  await vi.advanceTimersByTimeAsync(0)
  page.turn('hidden')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(count).toBe(1)
  page.turn('visible')
  await vi.advanceTimersByTimeAsync(0)
  expect(count).toBe(2)
})

test('what was read stays when the link is cut, with the time of its reading', async () => {
  let cut = false
  const watch = new Watch(async () => {
    if (cut) throw new TypeError('no answer')
    return 'read'
  }, 5_000)
  watch.follow(new Page() as unknown as Document)
  await vi.advanceTimersByTimeAsync(0)
  const readAt = watch.readAt
  cut = true
  await vi.advanceTimersByTimeAsync(5_000)
  expect([watch.data, watch.readAt]).toEqual(['read', readAt])
  expect(watch.error).toBeInstanceOf(TypeError)
  cut = false
  await vi.advanceTimersByTimeAsync(5_000)
  expect(watch.error).toBeNull()
})

test('a server that never answers counts as away', async () => {
  const never = (signal: AbortSignal) =>
    new Promise<string>((_, reject) =>
      signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))),
    )
  const watch = new Watch(never, 5_000)
  watch.follow(new Page() as unknown as Document)
  await vi.advanceTimersByTimeAsync(9_000)
  expect(watch.error).toBeNull()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(watch.error).toBeInstanceOf(DOMException)
})

test('the answer of an earlier attempt does not replace that of a later one', async () => {
  const answers: ((value: string) => void)[] = []
  const watch = new Watch(() => new Promise<string>((resolve) => answers.push(resolve)), 5_000)
  void watch.read()
  void watch.read()
  answers[1]?.('later')
  answers[0]?.('earlier')
  await vi.advanceTimersByTimeAsync(0)
  expect(watch.data).toBe('later')
})
