import { expect, test } from 'vitest'
import { Attempt, resultOf } from './attempt'

const response = (status: number) => new Response(null, { status })
const outcome = (answer: Parameters<typeof resultOf>[0]) => resultOf(answer, (error) => error)

test('the same request keeps its key until it is known what became of it', () => {
  const attempt = new Attempt()
  const key = attempt.keyFor({ reason: 'a' })
  expect(attempt.keyFor({ reason: 'a' })).toBe(key)
  attempt.settle()
  expect(attempt.keyFor({ reason: 'a' })).not.toBe(key)
})

test('another request is another attempt', () => {
  const attempt = new Attempt()
  expect(attempt.keyFor({ reason: 'a' })).not.toBe(attempt.keyFor({ reason: 'b' }))
})

test('an answer says that it was done, or why not', async () => {
  expect(await outcome(Promise.resolve({ data: 1, response: response(200) }))).toEqual({ done: 1 })
  expect(await outcome(Promise.resolve({ error: 'stale', response: response(412) }))).toEqual({ refused: 'stale' })
})

test('no answer, and one of a server that failed, say nothing of whether it was done', async () => {
  expect(await outcome(Promise.reject(new TypeError('no link')))).toEqual({ unknown: true })
  expect(await outcome(Promise.resolve({ error: '', response: response(504) }))).toEqual({ unknown: true })
})
