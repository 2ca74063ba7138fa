import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isPartMissing, loadAnewBy, part } from './parts.svelte'

let isAway: boolean
let reloads: number
let kept: Map<string, string>

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  isAway = false
  reloads = 0
  kept = new Map()
  vi.stubGlobal('fetch', async () => {
    if (isAway) throw new TypeError('no answer')
    return new Response('{}')
  })
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
  })
  loadAnewBy(() => reloads++)
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** A file that arrives once `isThere` is true. */
function file(name: string) {
  const its = { asked: 0, isThere: false }
  const from = async () => {
    its.asked += 1
    if (!its.isThere) throw new TypeError('Failed to fetch')
    return name
  }
  return Object.assign(its, { from })
}

const seconds = (number: number) => vi.advanceTimersByTimeAsync(number * 1000)

test('a part that arrives is not missing', async () => {
  await expect(part(async () => 'chart')).resolves.toBe('chart')
  expect(isPartMissing()).toBe(false)
})

test('while the link is away a part is asked for again, and the page says so until it is there', async () => {
  isAway = true
  const chart = file('chart')
  const came = part(chart.from)
  await seconds(60)
  expect(isPartMissing()).toBe(true)
  expect(chart.asked).toBeGreaterThan(10)
  expect(reloads).toBe(0)
  isAway = false
  chart.isThere = true
  await seconds(3)
  await expect(came).resolves.toBe('chart')
  expect(isPartMissing()).toBe(false)
})

test('where the server answers and the part does not come, the page is loaded anew once', async () => {
  const chart = file('chart')
  void part(chart.from)
  await seconds(60)
  expect(reloads).toBe(1)
  expect(isPartMissing()).toBe(true)
  // As the page that was loaded anew: what the window's session keeps is all that is left.
  void part(chart.from)
  await seconds(60)
  expect(reloads).toBe(1)
})

test('one answer on a bad link is not enough to load the page anew', async () => {
  isAway = true
  const chart = file('chart')
  void part(chart.from)
  await seconds(3)
  isAway = false
  await seconds(2)
  isAway = true
  await seconds(60)
  expect(reloads).toBe(0)
})

test('a part that is not wanted any more is asked for no more, and loads nothing anew', async () => {
  let isWanted = true
  const chart = file('chart')
  void part(chart.from, () => isWanted)
  await seconds(1)
  isWanted = false
  const before = isPartMissing()
  await seconds(60)
  expect([before, chart.asked, reloads]).toEqual([true, 1, 0])
})

test('styles that did not arrive are asked for again with their part', async () => {
  const page = new EventTarget()
  const placed: FakeLink[] = []
  class FakeLink extends EventTarget {
    rel = 'stylesheet'
    cloneNode = () => new FakeLink()
    replaceWith = (other: FakeLink) => placed.push(other)
  }
  vi.stubGlobal('document', page)
  vi.stubGlobal('HTMLLinkElement', FakeLink)
  vi.resetModules()
  const { part } = await import('./parts.svelte')
  const happens = (type: string, target: FakeLink) => {
    page.dispatchEvent(Object.defineProperty(new Event(type), 'target', { value: target }))
    target.dispatchEvent(new Event(type))
  }
  const chart = file('chart')
  let isHere = false
  void part(chart.from).then(() => (isHere = true))
  happens('error', new FakeLink())
  chart.isThere = true
  await seconds(2)
  happens('error', placed[0] as FakeLink)
  await seconds(2)
  expect([placed.length, isHere]).toEqual([2, false])
  happens('load', placed[1] as FakeLink)
  await seconds(0)
  expect(isHere).toBe(true)
})
