import { beforeEach, expect, test, vi } from 'vitest'

const { session } = vi.hoisted(() => ({ session: { key: 'cwk_first' as string | null, refuse: vi.fn() } }))
vi.mock('../session/session.svelte', () => ({ session }))

import { api } from './client'

const REFUSED = { status: 401, headers: { 'Content-Type': 'application/json' } }

beforeEach(() => {
  session.key = 'cwk_first'
  session.refuse.mockReset()
})

async function refusedAfter(meanwhile: () => void): Promise<void> {
  const fetch = async () => {
    meanwhile()
    return new Response('{}', REFUSED)
  }
  await api.GET('/v1/session', { baseUrl: 'http://clearway', fetch })
}

test('a key that is refused is not used any more', async () => {
  await refusedAfter(() => undefined)
  expect(session.refuse).toHaveBeenCalledOnce()
})

test('a late answer about an earlier key does not refuse the present one', async () => {
  await refusedAfter(() => (session.key = 'cwk_second'))
  await refusedAfter(() => (session.key = null))
  expect(session.refuse).not.toHaveBeenCalled()
})
