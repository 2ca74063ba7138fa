/** The requests about one route, as its pages make them. */
import { api, dataOf, inTime, type Once } from '../../api/client'
import type { Briefing, Incident, RiskExplanation, RouteRisk, Verified } from '../../api/shapes'
import { boundsAround } from '../../map/bounds'
import type { Position } from './along'

const LISTED = 500
/** About 5 km: incidents farther from the route count for little, and have no kilometre of their own. */
const MARGIN_DEGREES = 0.05

const at = (as_of: string | null) => (as_of ? { as_of } : {})

export async function readRisk(route_id: string, as_of: string | null, signal: AbortSignal): Promise<RouteRisk> {
  const params = { path: { route_id }, query: at(as_of) }
  return dataOf(await api.GET('/v1/routes/{route_id}/risk', { params, signal }))
}

export async function readExplanation(
  route_id: string,
  as_of: string | null,
  signal: AbortSignal,
): Promise<RiskExplanation> {
  const params = { path: { route_id }, query: { ...at(as_of), limit: LISTED } }
  return dataOf(await api.GET('/v1/routes/{route_id}/risk/explanation', { params, signal }))
}

export async function readVerified(route_id: string, signal: AbortSignal): Promise<Verified> {
  return dataOf(await api.GET('/v1/routes/{route_id}/verified-stretches', { params: { path: { route_id } }, signal }))
}

/** The incidents beside a line, as they were known at a time. */
export async function readBeside(line: Position[], as_of: string | null, signal: AbortSignal): Promise<Incident[]> {
  const box = boundsAround(line)
  if (!box) return []
  const [west, south, east, north] = box
  const bbox = [
    Math.max(-180, west - MARGIN_DEGREES),
    Math.max(-90, south - MARGIN_DEGREES),
    Math.min(180, east + MARGIN_DEGREES),
    Math.min(90, north + MARGIN_DEGREES),
  ].join(',')
  const params = { query: { bbox, limit: LISTED, ...at(as_of) } }
  return dataOf(await api.GET('/v1/incidents', { params, signal })).items
}

/** The departure check. It is stored with its receipt. */
export async function readBriefing(route_id: string, as_of: string | null, signal: AbortSignal): Promise<Briefing> {
  const params = { path: { route_id }, query: at(as_of) }
  return dataOf(await api.GET('/v1/routes/{route_id}/briefing', { params, signal }))
}

/** The same receipt as a sheet of paper. */
export async function readSheet(briefing_id: string): Promise<Blob> {
  const answer = await api.GET('/v1/briefings/{briefing_id}', {
    params: { path: { briefing_id } },
    headers: { Accept: 'text/html' },
    parseAs: 'blob',
    signal: inTime(),
  })
  return dataOf<Blob>(answer as { data?: Blob; error?: unknown; response: Response })
}

export interface RouteDraft {
  name: string
  half_width_m: number
  line: Position[]
}

/** Register a route, or replace the one at this revision. */
export async function putRoute(
  route_id: string,
  { name, half_width_m, line }: RouteDraft,
  revision: number | null,
  once: Once,
) {
  return dataOf(
    await api.PUT('/v1/routes/{route_id}', {
      params: {
        path: { route_id },
        header: { ...once, ...(revision === null ? {} : { 'If-Match': `"${revision}"` }) },
      },
      body: { name, half_width_m, line: { type: 'LineString', coordinates: line } },
      signal: inTime(),
    }),
  )
}

export async function retireRoute(route_id: string, revision: number, once: Once): Promise<void> {
  const answer = await api.DELETE('/v1/routes/{route_id}', {
    params: { path: { route_id }, header: { ...once, 'If-Match': `"${revision}"` } },
    signal: inTime(),
  })
  if (!answer.response.ok) dataOf(answer)
}
