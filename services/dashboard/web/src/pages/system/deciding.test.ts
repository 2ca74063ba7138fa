import { beforeEach, expect, test, vi } from 'vitest'

const calls = vi.hoisted(() => ({ replayLetter: vi.fn(), discardLetter: vi.fn(), readLetter: vi.fn() }))
vi.mock('./services', () => calls)
vi.mock('../../api/client', () => {
  class Refused extends Error {}
  let number = 0
  return { Refused, once: () => ({ 'Idempotency-Key': String(++number) }) }
})

import { Refused } from '../../api/client'
import { Deciding, type Letter } from './deciding.svelte'

const letter = (letter_id: string, service: Letter['service'] = 'alerts') =>
  ({ letter_id, service, state: 'dead', error: 'ValueError: no' }) as Letter
const one = letter('one')
const two = letter('two', 'analytics')
const refused = Reflect.construct(Refused, []) as Refused

let deciding: Deciding

beforeEach(() => {
  vi.resetAllMocks()
  deciding = new Deciding()
  calls.replayLetter.mockImplementation(async (_, letter_id) => ({ ...letter(letter_id), state: 'replaying' }))
  calls.discardLetter.mockImplementation(async (_, letter_id) => ({ ...letter(letter_id), state: 'discarded' }))
})

const states = () => deciding.outcomes.map(({ now }) => now?.state ?? null)
const numbers = () => calls.replayLetter.mock.calls.map(([, , header]) => header['Idempotency-Key'])

test('each letter is decided at its own service, with the reason and a number of its own', async () => {
  await deciding.decide({ kind: 'discard', reason: 'a test' }, [one, two])
  expect(calls.discardLetter.mock.calls.map(([service, id, reason]) => [service, id, reason])).toEqual([
    ['alerts', 'one', 'a test'],
    ['analytics', 'two', 'a test'],
  ])
  const [first, second] = calls.discardLetter.mock.calls.map(([, , , header]) => header['Idempotency-Key'])
  expect(first).not.toBe(second)
  expect(states()).toEqual(['discarded', 'discarded'])
})

test('one that is refused does not stop the others', async () => {
  calls.replayLetter.mockRejectedValueOnce(refused)
  await deciding.decide({ kind: 'replay' }, [one, two])
  expect(deciding.outcomes.map(({ problem }) => problem)).toEqual([refused, null])
  expect(states()).toEqual([null, 'replaying'])
})

test('what was not answered is sent again with its number, and nothing else is', async () => {
  calls.replayLetter.mockRejectedValueOnce(new TypeError('no answer')).mockRejectedValueOnce(refused)
  await deciding.decide({ kind: 'replay' }, [one, two])
  await deciding.again()
  const [first, , third] = numbers()
  expect(calls.replayLetter).toHaveBeenCalledTimes(3)
  expect(third).toBe(first)
  expect(deciding.outcomes.map(({ problem }) => problem)).toEqual([null, refused])
})

test('a second replay of a letter is another one: the answer to the first is not its answer', async () => {
  await deciding.decide({ kind: 'replay' }, [one])
  await deciding.decide({ kind: 'replay' }, [one])
  const [first, second] = numbers()
  expect(second).not.toBe(first)
})

test('what becomes of a replay is seen later', async () => {
  await deciding.decide({ kind: 'replay' }, [one, two])
  calls.readLetter.mockImplementation(async (service, id) => ({
    ...letter(id),
    state: service === 'alerts' ? 'replayed' : 'dead',
  }))
  await deciding.look()
  expect(states()).toEqual(['replayed', 'dead'])
  await deciding.look()
  expect(calls.readLetter).toHaveBeenCalledTimes(2)
})
