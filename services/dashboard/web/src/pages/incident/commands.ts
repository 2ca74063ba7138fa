/** Sends an action, with the revision that the person has seen and the key of the attempt. */
import { api } from '../../api/client'
import type { CasualtiesOf, ClearanceMethod, HazardState, RetractionReason } from '../../api/schema'
import type { Incident } from '../../api/shapes'
import type { ActionName } from './actions'
import { jsonOf, patchOf, type Draft, type Field } from './draft'
import { LINES } from './fields'

export interface Order {
  incident_id: string
  /** The revision that was read: its ETag. */
  revision: number
  key: string
  signal: AbortSignal
  fields: readonly Field[]
  /** The form as it was opened, and as it is. */
  base: Draft
  draft: Draft
}

type Answer = Promise<{ data?: unknown; error?: unknown; response: Response }>

export async function send(action: ActionName, order: Order): Promise<Awaited<Answer> & { data?: Incident }> {
  return (await SENT[action](order)) as Awaited<Answer> & { data?: Incident }
}

function asked({ incident_id, revision, key, signal }: Order) {
  return {
    params: { path: { incident_id }, header: { 'If-Match': `"${revision}"`, 'Idempotency-Key': key } },
    signal,
  }
}

/** What is typed in a field, for a body. */
function given({ fields, draft }: Order, name: string): unknown {
  const field = fields.find((one) => one.name === name)
  const value = draft[name]
  return field === undefined || value === undefined ? null : jsonOf(field, value)
}

const textOf = (order: Order, name: string) => given(order, name) as string | null
const reasonOf = (order: Order) => ({ reason: textOf(order, 'reason') })
const requiredReason = (order: Order) => ({ reason: textOf(order, 'reason') ?? '' })

const SENT: Record<ActionName, (order: Order) => Answer> = {
  review: (order) => api.POST('/v1/incidents/{incident_id}/review', asked(order)),
  verify: (order) => api.POST('/v1/incidents/{incident_id}/verify', { ...asked(order), body: reasonOf(order) }),
  unmerge: (order) => api.POST('/v1/incidents/{incident_id}/unmerge', { ...asked(order), body: reasonOf(order) }),
  dispute: (order) => api.POST('/v1/incidents/{incident_id}/dispute', { ...asked(order), body: requiredReason(order) }),
  reopen: (order) => api.POST('/v1/incidents/{incident_id}/reopen', { ...asked(order), body: requiredReason(order) }),
  dismiss: (order) =>
    api.POST('/v1/incidents/{incident_id}/dismiss-clearance', { ...asked(order), body: requiredReason(order) }),
  grade: (order) => api.POST('/v1/incidents/{incident_id}/grade', { ...asked(order), body: gradeOf(order) }),
  set_hazard: (order) =>
    api.POST('/v1/incidents/{incident_id}/hazard', {
      ...asked(order),
      body: { hazard_state: textOf(order, 'hazard_state') as HazardState, ...reasonOf(order) },
    }),
  claim: (order) =>
    api.POST('/v1/incidents/{incident_id}/clearance', {
      ...asked(order),
      body: {
        hazard_state: textOf(order, 'hazard_state') as 'cleared' | 'none',
        organisation: textOf(order, 'organisation') ?? '',
        method: textOf(order, 'method') as ClearanceMethod,
        at: textOf(order, 'at') ?? '',
        extent: textOf(order, 'extent'),
        reference: textOf(order, 'reference'),
        ...reasonOf(order),
      },
    }),
  confirm: (order) =>
    api.POST('/v1/incidents/{incident_id}/confirm-clearance', {
      ...asked(order),
      body: { ...reasonOf(order), override_reason: textOf(order, 'override_reason') },
    }),
  close: (order) =>
    api.POST('/v1/incidents/{incident_id}/close', {
      ...asked(order),
      body: { override_reason: textOf(order, 'override_reason') },
    }),
  merge: (order) =>
    api.POST('/v1/incidents/{incident_id}/merge', {
      ...asked(order),
      body: {
        survivor_id: textOf(order, 'survivor_id') ?? '',
        casualties: textOf(order, 'casualties') as CasualtiesOf,
        ...reasonOf(order),
      },
    }),
  retract: (order) =>
    api.POST('/v1/incidents/{incident_id}/retract', {
      ...asked(order),
      body: { reason: textOf(order, 'reason') as RetractionReason, note: textOf(order, 'note') },
    }),
  add_report: (order) => api.POST('/v1/incidents/{incident_id}/reports', { ...asked(order), body: reportOf(order) }),
  correct: (order) => {
    const reason = textOf(order, 'reason')
    const { params, signal } = asked(order)
    const facts = order.fields.filter(({ name }) => name !== 'reason')
    return api.PATCH('/v1/incidents/{incident_id}', {
      params: { ...params, query: reason ? { reason } : {} },
      signal,
      body: patchOf(facts, order.base, order.draft),
    })
  },
}

/** Only the grade that the person changed; both, where a second person gives the same ones. */
function gradeOf({ draft, base, fields }: Order) {
  const isSecond = fields.every(({ name }) => draft[name] === base[name])
  const of = (name: string) => (draft[name] === base[name] && !isSecond ? null : String(draft[name]))
  const credibility = of('grading.info_credibility')
  return {
    source_reliability: of('grading.source_reliability') as Incident['grading']['source_reliability'] | null,
    info_credibility: (credibility && Number(credibility)) as Incident['grading']['info_credibility'] | null,
  }
}

function reportOf(order: Order) {
  const lines = LINES.map((line) => [line, textOf(order, `nine_line.${line}`)] as const)
  return {
    organisation: textOf(order, 'organisation') ?? 'unknown',
    role: textOf(order, 'role') ?? 'unknown',
    channel: textOf(order, 'channel') as Incident['reports'][number]['channel'],
    received_at: textOf(order, 'received_at'),
    contact_ref: textOf(order, 'contact_ref'),
    nine_line: lines.some(([, text]) => text) ? Object.fromEntries(lines) : null,
  }
}
