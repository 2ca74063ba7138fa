import { beforeEach, expect, test, vi } from 'vitest'

const { session, answers } = vi.hoisted(() => ({
  session: { key: 'one' },
  answers: [] as { give: (names: string[]) => void; fail: (error: unknown) => void }[],
}))
vi.mock('../../session/session.svelte', () => ({ session }))
vi.mock('../../api/client', () => ({
  api: { GET: () => new Promise((give, fail) => answers.push({ give: (items) => give({ items }), fail })) },
  dataOf: (answer: unknown) => answer,
}))

const { subscriptions } = await import('./known.svelte')

beforeEach(() => {
  session.key = `${session.key}.`
  answers.length = 0
})

test('an answer that was asked for earlier does not replace a later one', async () => {
  const reads = [subscriptions.read(), subscriptions.read()]
  answers[1]?.give(['changed'])
  await reads[1]
  answers[0]?.give(['as before'])
  await reads[0]
  expect(subscriptions.items).toEqual(['changed'])
})

test('an attempt that was made earlier and fails says nothing of a later one', async () => {
  const reads = [subscriptions.read(), subscriptions.read()]
  answers[1]?.give(['there'])
  await reads[1]
  answers[0]?.fail(new TypeError())
  await reads[0]
  expect(subscriptions.problem).toBeNull()
})

test('of another key nothing stays, also no problem', async () => {
  const read = subscriptions.read()
  answers[0]?.fail(new TypeError())
  await read
  expect(subscriptions.problem).toBeInstanceOf(TypeError)
  session.key = 'other'
  void subscriptions.read()
  expect([subscriptions.items, subscriptions.problem]).toEqual([null, null])
})

test('a problem of a key that is gone is not shown', async () => {
  const read = subscriptions.read()
  session.key = 'other'
  void subscriptions.read()
  answers[0]?.fail(new TypeError())
  await read
  expect(subscriptions.problem).toBeNull()
})
