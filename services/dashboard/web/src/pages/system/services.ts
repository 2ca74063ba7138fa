/** The services of the platform: where each says how it is doing, and where its dead letters are decided. */
import { api, dataOf } from '../../api/client'
import type { DeadLetter, DeadLetterContents, Status } from '../../api/shapes'

export const SERVICES = ['incidents', 'alerts', 'analytics'] as const
export type ServiceName = (typeof SERVICES)[number]

/** Those that consume what others publish: only they can have dead letters. */
export const CONSUMING = ['alerts', 'analytics'] as const
export type Consuming = (typeof CONSUMING)[number]

export const LETTER_STATES = ['dead', 'replayed', 'discarded'] as const
export type LetterState = DeadLetter['state']

/** A status, and when the server gave it: its times are compared with its own clock, not with that of this device. */
export interface Said extends Status {
  at: Date
}

export async function readStatus(service: ServiceName, signal: AbortSignal): Promise<Said> {
  const answer = await STATUS[service](signal)
  const date = Date.parse(answer.response.headers.get('Date') ?? '')
  return { ...dataOf(answer), at: Number.isNaN(date) ? new Date() : new Date(date) }
}

const STATUS = {
  incidents: (signal: AbortSignal) => api.GET('/v1/incident-status', { signal }),
  alerts: (signal: AbortSignal) => api.GET('/v1/alert-status', { signal }),
  analytics: (signal: AbortSignal) => api.GET('/v1/route-status', { signal }),
}

/** The newest `limit` of a state, and whether there are more. `dead` has those that are being replayed too. */
export async function readLetters(
  service: Consuming,
  state: (typeof LETTER_STATES)[number],
  limit: number,
  signal: AbortSignal,
): Promise<{ items: readonly DeadLetter[]; more: boolean }> {
  const params = { query: { limit, ...(state !== 'dead' && { state }) } }
  const answer =
    service === 'alerts'
      ? await api.GET('/v1/alert-dead-letters', { params, signal })
      : await api.GET('/v1/route-dead-letters', { params, signal })
  const page = dataOf(answer)
  return { items: page.items, more: page.next != null }
}

export async function readLetter(service: Consuming, letter_id: string): Promise<DeadLetterContents> {
  const params = { path: { letter_id } }
  return dataOf(
    service === 'alerts'
      ? await api.GET('/v1/alert-dead-letters/{letter_id}', { params })
      : await api.GET('/v1/route-dead-letters/{letter_id}', { params }),
  )
}

type Once = { 'Idempotency-Key': string }

export async function replayLetter(service: Consuming, letter_id: string, header: Once): Promise<DeadLetter> {
  const params = { path: { letter_id }, header }
  return dataOf(
    service === 'alerts'
      ? await api.POST('/v1/alert-dead-letters/{letter_id}/replay', { params })
      : await api.POST('/v1/route-dead-letters/{letter_id}/replay', { params }),
  )
}

export async function discardLetter(
  service: Consuming,
  letter_id: string,
  reason: string,
  header: Once,
): Promise<DeadLetter> {
  const options = { params: { path: { letter_id }, header }, body: { reason } }
  return dataOf(
    service === 'alerts'
      ? await api.POST('/v1/alert-dead-letters/{letter_id}/discard', options)
      : await api.POST('/v1/route-dead-letters/{letter_id}/discard', options),
  )
}
