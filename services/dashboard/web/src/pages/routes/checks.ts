/** Clearances and passes of a route: the same form and the same history, of two kinds of record. */
import { api, dataOf, inTime, type Once } from '../../api/client'
import type { Clearance, Pass } from '../../api/shapes'
import { fieldOf, timeOfField } from './times'

export type Kind = 'clearance' | 'pass'

/** A clearance or a pass. `way` is the method of one, the kind of the other. */
export interface Check {
  kind: Kind
  id: string
  at: string
  from_km: number
  to_km: number
  organisation: string
  result: Clearance['result'] | Pass['result']
  way: Clearance['method'] | Pass['kind']
  items_found: number | null
  note: string
  reason: string | null
  recorded_at: string
  recorded_by: string
  revision: number
  on_present_line: boolean
  verifies: boolean
  withdrawn: boolean
}

/** What a person writes. A field of numbers that is empty is null. */
export interface CheckDraft {
  at: string
  from_km: number | null
  to_km: number | null
  organisation: string
  result: string
  way: string
  items_found: number | null
  note: string
  reason: string
}

export function ofClearance({ clearance_id, method, ...rest }: Clearance): Check {
  return { kind: 'clearance', id: clearance_id, way: method, ...rest }
}

export function ofPass({ pass_id, kind, ...rest }: Pass): Check {
  return { kind: 'pass', id: pass_id, way: kind, items_found: null, ...rest }
}

/** The fields for a new record, or to correct one. The result is left open: nobody may record one by haste. */
export function draftOf(kind: Kind, check: Check | null, length_km: number): CheckDraft {
  return {
    at: check ? fieldOf(check.at) : fieldOf(new Date()),
    from_km: check?.from_km ?? 0,
    to_km: check?.to_km ?? Number(length_km.toFixed(3)),
    organisation: check?.organisation ?? '',
    result: check?.result ?? '',
    way: check?.way ?? (kind === 'clearance' ? 'unknown' : 'patrol'),
    items_found: check?.items_found ?? null,
    note: check?.note ?? '',
    reason: '',
  }
}

/** What both kinds have. Beyond its end a route has no kilometres: the end is then the end of the line. */
export function bodyOf(draft: CheckDraft, length_km: number) {
  const isToEnd = draft.to_km === null || draft.to_km >= Number(length_km.toFixed(3))
  return {
    at: timeOfField(draft.at) ?? '',
    from_km: draft.from_km ?? 0,
    to_km: isToEnd ? null : draft.to_km,
    organisation: draft.organisation.trim(),
    note: draft.note,
  }
}

function clearanceBody(draft: CheckDraft, length_km: number) {
  return {
    ...bodyOf(draft, length_km),
    method: draft.way as Clearance['method'],
    result: draft.result as Clearance['result'],
    items_found: draft.items_found,
  }
}

function passBody(draft: CheckDraft, length_km: number) {
  return { ...bodyOf(draft, length_km), kind: draft.way as Pass['kind'], result: draft.result as Pass['result'] }
}

export async function listChecks(kind: Kind, route_id: string, withdrawn: boolean, signal: AbortSignal) {
  const params = { path: { route_id }, query: { withdrawn, limit: 500 } }
  if (kind === 'clearance')
    return dataOf(await api.GET('/v1/routes/{route_id}/clearances', { params, signal })).items.map(ofClearance)
  return dataOf(await api.GET('/v1/routes/{route_id}/passes', { params, signal })).items.map(ofPass)
}

export async function revisionsOf(kind: Kind, route_id: string, id: string, signal: AbortSignal): Promise<Check[]> {
  if (kind === 'clearance') {
    const params = { path: { route_id, clearance_id: id } }
    const path = '/v1/routes/{route_id}/clearances/{clearance_id}/revisions'
    return dataOf(await api.GET(path, { params, signal })).map(ofClearance)
  }
  const params = { path: { route_id, pass_id: id } }
  return dataOf(await api.GET('/v1/routes/{route_id}/passes/{pass_id}/revisions', { params, signal })).map(ofPass)
}

export async function recordCheck(kind: Kind, route_id: string, draft: CheckDraft, length_km: number, once: Once) {
  const params = { path: { route_id }, header: once }
  const signal = inTime()
  dataOf<unknown>(
    kind === 'clearance'
      ? await api.POST('/v1/routes/{route_id}/clearances', { params, body: clearanceBody(draft, length_km), signal })
      : await api.POST('/v1/routes/{route_id}/passes', { params, body: passBody(draft, length_km), signal }),
  )
}

export async function correctCheck(
  route_id: string,
  { kind, id, revision }: Check,
  draft: CheckDraft,
  length_km: number,
  once: Once,
) {
  const header = { ...once, 'If-Match': `"${revision}"` }
  const signal = inTime()
  const reason = draft.reason
  dataOf<unknown>(
    kind === 'clearance'
      ? await api.PUT('/v1/routes/{route_id}/clearances/{clearance_id}', {
          params: { path: { route_id, clearance_id: id }, header },
          body: { ...clearanceBody(draft, length_km), reason },
          signal,
        })
      : await api.PUT('/v1/routes/{route_id}/passes/{pass_id}', {
          params: { path: { route_id, pass_id: id }, header },
          body: { ...passBody(draft, length_km), reason },
          signal,
        }),
  )
}

export async function withdrawCheck(route_id: string, { kind, id, revision }: Check, reason: string, once: Once) {
  const header = { ...once, 'If-Match': `"${revision}"` }
  const signal = inTime()
  const body = { reason }
  dataOf<unknown>(
    kind === 'clearance'
      ? await api.POST('/v1/routes/{route_id}/clearances/{clearance_id}/withdraw', {
          params: { path: { route_id, clearance_id: id }, header },
          body,
          signal,
        })
      : await api.POST('/v1/routes/{route_id}/passes/{pass_id}/withdraw', {
          params: { path: { route_id, pass_id: id }, header },
          body,
          signal,
        }),
  )
}
