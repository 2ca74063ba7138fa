/**
 * What is wrong, gravest first, from what the services say.
 *
 * Each kind has two texts: what is wrong and what it means, and what to do. The limits are those of the alerting rules
 * in deploy/prometheus: a page and a pager that disagree help nobody.
 */
import { Refused } from '../../api/client'
import type { FailingEndpoint } from '../../api/shapes'
import type { Seen } from '../../live/seen'
import type { Gravity } from '../../marks/gravity'
import { CONSUMING, SERVICES, type Consuming, type Said, type ServiceName } from './services'

export const OUTBOX_SECONDS = 30
export const BEHIND_SECONDS = 30
export const ABSENT_SECONDS = 60

/** Without one of these nobody is warned. */
const VITAL = ['consumer', 'relay', 'deliveries']

export type Kind =
  | 'cut'
  | 'away'
  | 'unready'
  | 'broker'
  | 'worker'
  | 'outbox'
  | 'absent'
  | 'behind'
  | 'letters'
  | 'disabled'
  | 'failing'
  | 'versions'
  | 'unread'

export interface Trouble {
  kind: Kind
  gravity: Gravity
  service: ServiceName | null
  /** What names it apart from others of its kind, and is said of it: a worker, a subscription, versions. */
  name: string
  count: number
  seconds: number
  /** What the server says of it, if anything. */
  said: string | null
  since: string | null
  /** The part of this page, or the page, that has more of it. */
  at: string
}

export interface Known {
  services: Record<ServiceName, Seen<Said>>
  endpoints: Seen<readonly FailingEndpoint[]>
  /** Null where the key may not see them. */
  letters: Record<Consuming, Seen<unknown>> | null
}

export function troubles(known: Known): Trouble[] {
  const seen = SERVICES.map((service) => ({ service, ...pick(known.services[service]) }))
  const found = seen.every(({ error }) => isCut(error))
    ? [trouble('cut', 4, null, {})]
    : [
        ...seen.flatMap(({ service, data, error }) => {
          if (error) return [whyUnread(service, error)]
          return data ? ofService(service, data) : []
        }),
        ...brokerAway(seen),
        ...versionsDiffer(seen),
        ...ofEndpoints(known.endpoints),
        ...CONSUMING.filter((service) => known.letters?.[service].error).map((service) =>
          trouble('unread', 2, service, { at: '#dead-letters' }),
        ),
      ]
  return found.sort((one, other) => other.gravity - one.gravity)
}

/** What names a trouble apart from all others that may be there with it. */
export function keyOf({ kind, service, name, at }: Trouble): string {
  return [kind, service, name, at].join(' ')
}

/** Whether everything was read, and no attempt to read it again has failed. */
export function isWhole(known: Known): boolean {
  const read = [...Object.values(known.services), known.endpoints, ...Object.values(known.letters ?? {})]
  return read.every(({ data, error }) => data !== null && error === null)
}

export function isCut(error: unknown): boolean {
  return error !== null && !(error instanceof Refused)
}

function pick({ data, error }: Seen<Said>): { data: Said | null; error: unknown } {
  return { data, error }
}

function trouble(kind: Kind, gravity: Gravity, service: ServiceName | null, more: Partial<Trouble>): Trouble {
  const at = service ? `#${service}` : '#services'
  return { kind, gravity, service, name: '', count: 0, seconds: 0, said: null, since: null, at, ...more }
}

function whyUnread(service: ServiceName, error: unknown): Trouble {
  if (!(error instanceof Refused)) return trouble('away', 4, service, {})
  const { status, title, detail } = error.problem
  // The edge answers for a service that is away; a service that is not ready says what it lacks.
  return trouble(status >= 500 ? 'unready' : 'unread', status >= 500 ? 4 : 2, service, { said: detail ?? title })
}

function ofService(service: ServiceName, said: Said): Trouble[] {
  const { workers, outbox, consumers, dead_letters, at } = said
  const found = workers
    .filter(({ runs }) => !runs)
    .map(({ worker, problem }) =>
      trouble('worker', VITAL.includes(worker) ? 4 : 3, service, { name: worker, said: problem }),
    )
  if (outbox.oldest_seconds !== null && outbox.oldest_seconds > OUTBOX_SECONDS) {
    found.push(trouble('outbox', 4, service, { count: outbox.waiting, seconds: outbox.oldest_seconds }))
  }
  for (const { consumer: name, waits, handled_until, absent_since } of consumers) {
    const gravity = service === 'alerts' ? 4 : 3
    if (waits === null) continue
    if (absent_since !== null) {
      // Another process may have taken its place: then nothing waits.
      const seconds = secondsBetween(absent_since, at)
      if (waits && seconds > ABSENT_SECONDS) {
        found.push(trouble('absent', gravity, service, { name, seconds, since: absent_since }))
      }
      continue
    }
    const seconds = handled_until === null ? 0 : secondsBetween(handled_until, at)
    if (seconds > BEHIND_SECONDS) {
      found.push(trouble('behind', gravity, service, { name, seconds }))
    }
  }
  if (dead_letters > 0) {
    const at = '#dead-letters'
    found.push(trouble('letters', service === 'alerts' ? 3 : 2, service, { count: dead_letters, at }))
  }
  return found
}

export function secondsBetween(earlier: string, later: Date): number {
  return Math.max(0, (later.getTime() - Date.parse(earlier)) / 1000)
}

function brokerAway(seen: { data: Said | null; error: unknown }[]): Trouble[] {
  const away = seen.some(({ data, error }) => !error && data?.consumers.some(({ waits }) => waits === null))
  return away ? [trouble('broker', 4, null, {})] : []
}

function versionsDiffer(seen: { service: ServiceName; data: Said | null; error: unknown }[]): Trouble[] {
  const answered = seen.flatMap(({ service, data, error }) => (data && !error ? [{ service, ...data }] : []))
  if (new Set(answered.map(({ version }) => version)).size < 2) return []
  const name = answered.map(({ service, version }) => `${service} ${version}`).join(', ')
  return [trouble('versions', 1, null, { name })]
}

/** A subscription whose messages only wait, in quiet hours or while it is paused, is as somebody wants it. */
export function isFailing(endpoint: FailingEndpoint): boolean {
  return endpoint.state === 'disabled' || endpoint.failing_since !== null
}

function ofEndpoints(endpoints: Known['endpoints']): Trouble[] {
  if (endpoints.error) return [trouble('unread', 2, 'alerts', { at: '#endpoints' })]
  return (endpoints.data ?? []).filter(isFailing).map((endpoint) => {
    const { name, state, state_reason, last_error, failing_since, waiting, subscription_id } = endpoint
    const more = { name, count: waiting, since: failing_since, at: `/subscriptions/${subscription_id}` }
    return state === 'disabled'
      ? trouble('disabled', 3, null, { ...more, said: state_reason })
      : trouble('failing', 3, null, { ...more, said: last_error })
  })
}
