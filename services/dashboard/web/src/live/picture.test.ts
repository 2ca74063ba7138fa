import { expect, test } from 'vitest'
import type { Listener, StreamEvent } from './follow'
import { Picture, type Kind } from './picture.svelte'

interface Thing {
  id: string
  revision: number
}

/** A list and a stream that a test leads by hand: each reading waits until the test answers it. */
function led(more: Partial<Kind<Thing>> = {}) {
  const answers: ((things: Thing[]) => void)[] = []
  let listener: Listener | undefined
  const picture = new Picture<Thing>({
    path: '/things',
    id: ({ id }) => id,
    follows: (thing, known) => thing.revision >= known.revision,
    of: ({ data }) => data as Thing,
    async *read() {
      yield await new Promise<Thing[]>((resolve) => answers.push(resolve))
    },
    ...more,
  })
  const source = {
    add: (_path: string, _key: string, its: Listener) => ((listener = its), () => undefined),
    renew: () => undefined,
  }
  picture.start(source, 'key')
  return {
    picture,
    open: () => listener?.opened(),
    say: (data: Thing | null, type = 'thing') => listener?.event({ type, data } satisfies StreamEvent),
    link: (state: 'live' | 'cut') => listener?.link(state, Date.now()),
    async answer(...things: Thing[]) {
      answers.shift()?.(things)
      await new Promise((resolve) => setTimeout(resolve))
    },
  }
}

const shown = (picture: Picture<Thing>) =>
  [...picture.items.values()].map(({ id, revision }) => `${id}${revision}`).sort()

test('what changes while the list is read is not lost, and nothing older takes its place', async () => {
  const { picture, open, say, answer } = led()
  open()
  say({ id: 'a', revision: 2 })
  say({ id: 'new', revision: 1 })
  await answer({ id: 'a', revision: 1 }, { id: 'b', revision: 1 })
  expect(shown(picture)).toEqual(['a2', 'b1', 'new1'])
})

test('after a gap the list is read again, and what it does not name is gone', async () => {
  const { picture, open, say, answer } = led()
  open()
  await answer({ id: 'a', revision: 1 }, { id: 'b', revision: 1 })
  say(null, 'resync')
  expect(shown(picture)).toEqual(['a1', 'b1'])
  await answer({ id: 'b', revision: 3 })
  expect(shown(picture)).toEqual(['b3'])
  expect(picture.resyncedAt).not.toBeNull()
})

test('what is new while the list is read again stays, though the list is too old to name it', async () => {
  const { picture, open, say, answer } = led()
  open()
  await answer({ id: 'a', revision: 1 })
  say(null, 'resync')
  say({ id: 'new', revision: 1 })
  await answer({ id: 'a', revision: 1 })
  expect(shown(picture)).toEqual(['a1', 'new1'])
  say(null, 'resync')
  await answer({ id: 'a', revision: 1 })
  expect(shown(picture)).toEqual(['a1'])
})

test('a picture that is open for long lets go of what was not heard of for the longest time', async () => {
  const { picture, open, say, answer } = led({ most: 10 })
  open()
  await answer({ id: 'listed', revision: 1 }, { id: 'listed earlier', revision: 1 })
  for (let number = 10; number < 60; number++) {
    say({ id: `n${number}-`, revision: 1 })
    say({ id: 'listed', revision: number })
  }
  expect(picture.items.size).toBeLessThanOrEqual(12)
  expect(shown(picture)).toContain('listed59')
  expect(shown(picture)).toContain('n59-1')
  expect(shown(picture)).not.toContain('listed earlier1')
})

test('a list that cannot be read leaves what is shown, and says so', async () => {
  let fail = false
  const { picture, open, link, say } = led({
    async *read() {
      if (fail) throw new TypeError('no answer')
      yield [{ id: 'a', revision: 1 }]
    },
  })
  link('live')
  open()
  await new Promise((resolve) => setTimeout(resolve))
  expect(picture.state).toBe('live')
  fail = true
  say(null, 'resync')
  await new Promise((resolve) => setTimeout(resolve))
  expect([picture.state, ...shown(picture)]).toEqual(['failed', 'a1'])
  picture.stop()
})

test('what is said of one key is not said of the next one', async () => {
  const { picture, open, say, answer } = led()
  open()
  await answer({ id: 'a', revision: 1 })
  say(null, 'resync')
  await answer({ id: 'a', revision: 1 })
  picture.stop()
  expect([picture.items.size, picture.heardAt, picture.resyncedAt]).toEqual([0, null, null])
})
