/** The requests of the page. */
import { api, dataOf } from '../../api/client'
import type { IncidentCounts, IncidentCountsQuery } from '../../api/shapes'
import { IncidentMapReader } from '../../map/reader'
import { readHotspots, type Hotspots } from './hotspots'
import { prepareIntervals } from './intervals'
import type { Then } from './rises'
import { kindsQuery, mapNarrowing, weeklyQuery, type View } from './view'

/** Answers with what was asked for: until the next ones come, they are what is shown. */
export interface Trends {
  view: View
  weekly: IncidentCounts
  kinds: IncidentCounts
  hotspots: Hotspots
}

const reader = new IncidentMapReader()

export async function readTrends(view: View, now: Date, signal: AbortSignal): Promise<Trends> {
  const [weekly, kinds, hotspots] = await Promise.all([
    readCounts(weeklyQuery(view, now), signal),
    readCounts(kindsQuery(view, now), signal),
    readHotspots((query) => reader.read(query, signal), view.box, mapNarrowing(view, now)),
    prepareIntervals(),
  ])
  return { view, weekly, kinds, hotspots }
}

async function readCounts(query: IncidentCountsQuery, signal: AbortSignal): Promise<IncidentCounts> {
  return dataOf(await api.GET('/v1/incident-counts', { params: { query }, signal }))
}

/** The risk of a route at the end of a day. */
export async function readThen(route_id: string, as_of: string, signal: AbortSignal): Promise<Then> {
  const params = { path: { route_id }, query: { as_of } }
  return dataOf(await api.GET('/v1/routes/{route_id}/risk', { params, signal }))
}
