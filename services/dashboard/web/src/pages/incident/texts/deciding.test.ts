import { expect, test, vi } from 'vitest'
import type { HeldTextWithText } from '../../../api/shapes'

const { POST } = vi.hoisted(() => ({ POST: vi.fn() }))
vi.mock('../../../session/session.svelte', () => ({ session: { key: 'one' } }))
vi.mock('../../../api/client', async (original) => ({ ...(await original<object>()), api: { POST } }))

import { Refused } from '../../../api/client'
import { decide, decisionOf, isStale, kindsFor } from './deciding'

const text = { held_id: 'h', revision: 1, text: 'As it came', sent_by: 'a' } as HeldTextWithText
const header = { 'Idempotency-Key': 'k' }
const answer = { data: {}, response: new Response() }

test('who sent a text can leave it out alone', () => {
  expect(kindsFor(text, 'a')).toEqual(['remove'])
  expect(kindsFor(text, 'b')).toEqual(['whole', 'redacted', 'remove'])
})

test('leaving a text out needs a reason, and other words must be other ones', () => {
  expect(decisionOf('remove', text, '', ' x ')).toBeNull()
  expect(decisionOf('remove', text, '', 'Not ours')?.reason).toBe('Not ours')
  expect(decisionOf('redacted', text, ' As it came\n', '')).toBeNull()
  expect(decisionOf('redacted', text, ' ', '')).toBeNull()
  expect(decisionOf('redacted', text, 'Something lay there', '')?.words).toBe('Something lay there')
  // What was typed for another decision is not sent with this one.
  expect(decisionOf('whole', text, 'Something lay there', '')).toMatchObject({ words: null, reason: null })
})

test('a decision is sent at the revision that was read', async () => {
  POST.mockResolvedValue(answer)
  const whole = decisionOf('whole', text, '', 'Harmless')
  const remove = decisionOf('remove', text, '', 'Not ours')
  if (whole) await decide(whole, header)
  if (remove) await decide(remove, header)
  const sent = POST.mock.calls.map(([path, { params, body }]) => [path, params.header['If-Match'], body])
  expect(sent).toEqual([
    ['/v1/held-texts/{held_id}/release', '"1"', { text: null, reason: 'Harmless' }],
    ['/v1/held-texts/{held_id}/remove', '"1"', { reason: 'Not ours' }],
  ])
})

test('it is read again where it may be another one by now', () => {
  const refused = (status: number) => new Refused({ type: '', title: '', code: '', status })
  expect([404, 409, 412, 422, 500].map((status) => isStale(refused(status)))).toEqual([true, true, true, false, false])
  expect(isStale(new TypeError('cut'))).toBe(false)
})
