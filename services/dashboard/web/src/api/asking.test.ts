import { expect, test, vi } from 'vitest'

vi.mock('./client', () => ({
  Refused: class extends Error {
    constructor(public problem: { status: number }) {
      super()
    }
  },
}))

import { Refused } from './client'
import { Asking } from './asking.svelte'

const refused = (status: number) => Reflect.construct(Refused, [{ status }]) as Refused

/** The keys of two attempts, the first of which ends so. */
async function keysOf(end: () => void, second = 'same'): Promise<[string | undefined, string | undefined]> {
  const asking = new Asking()
  const keys: string[] = []
  await asking.send('same', async (header) => {
    keys.push(header['Idempotency-Key'])
    end()
  })
  await asking.send(second, async (header) => void keys.push(header['Idempotency-Key']))
  return [keys[0], keys[1]]
}

test.each([
  ['no answer came', () => new TypeError()],
  ['the server failed in the middle', () => refused(503)],
])('sent again after %s it is the same attempt', async (_, error) => {
  const [first, second] = await keysOf(() => {
    throw error()
  })
  expect(second).toBe(first)
})

test.each([
  ['it was done', () => {}],
  [
    'it was refused',
    () => {
      throw refused(422)
    },
  ],
])('sent again after %s it is another attempt', async (_, end) => {
  const [first, second] = await keysOf(end)
  expect(second).not.toBe(first)
})

test('another request is another attempt', async () => {
  const [first, second] = await keysOf(() => {
    throw new TypeError()
  }, 'other')
  expect(second).not.toBe(first)
})

test('what is sent a second time while it is under way is not sent again', async () => {
  const asking = new Asking()
  const sent: string[] = []
  let answer = () => {}
  const first = asking.send('same', (header) => {
    sent.push(header['Idempotency-Key'])
    return new Promise((resolve) => (answer = resolve))
  })
  expect(await asking.send('other', async () => void sent.push('other'))).toBe(false)
  answer()
  expect(await first).toBe(true)
  expect(sent).toHaveLength(1)
})
