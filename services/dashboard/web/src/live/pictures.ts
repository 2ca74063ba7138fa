/** The pictures that the pages show. Each is followed once, by whichever pages use it. */
import { api, dataOf } from '../api/client'
import type { Alert, Incident, Route } from '../api/shapes'
import { alertOf } from './alertEvents'
import { Picture } from './picture.svelte'

const PAGE = 500
/** A window that is open for a week holds no more incidents, nor alerts: the map and the lists ask for older ones. */
const MOST = 2_000
/** What the home page looks back to. Older ones are asked for by the map and the lists. */
const ALERT_PAGES = 2

type Read<Item> = { items: Item[]; next?: string | null }

async function* pages<Item>(read: (cursor: string | undefined) => Promise<Read<Item>>, most = Infinity) {
  let cursor: string | undefined
  for (let count = 0; count < most; count++) {
    const { items, next } = await read(cursor)
    yield items
    if (!next) return
    cursor = next
  }
}

/** The incidents of the last pages that were recorded, and each one that changes. */
export const incidents = new Picture<Incident>({
  path: '/v1/incident-events',
  id: (incident) => incident.incident_id,
  follows: (incident, known) => incident.revision >= known.revision,
  most: MOST,
  of: ({ data }) => (data as { incident?: Incident }).incident ?? null,
  read: (signal) =>
    pages<Incident>(
      async (cursor) =>
        dataOf(
          await api.GET('/v1/incidents', { params: { query: { limit: PAGE, ...(cursor && { cursor }) } }, signal }),
        ),
      1,
    ),
})

/** All routes, with their risk. */
export const routes = new Picture<Route>({
  path: '/v1/route-events',
  id: (route) => route.route_id,
  // A risk changes without a revision of its route.
  follows: (route, known) =>
    route.revision > known.revision ||
    (route.revision === known.revision && Date.parse(route.risk.as_of) >= Date.parse(known.risk.as_of)),
  of: ({ type, data }, known) => {
    if (type !== 'route.risk_changed') return type.startsWith('route.') ? 'reread' : null
    const { route_id, risk } = data as { route_id: string; risk: Route['risk'] & { at: string } }
    const route = known(route_id)
    return route ? { ...route, risk: { ...route.risk, ...risk, as_of: risk.at } } : 'reread'
  },
  read: (signal) =>
    pages<Route>(async (cursor) =>
      dataOf(await api.GET('/v1/routes', { params: { query: { limit: PAGE, ...(cursor && { cursor }) } }, signal })),
    ),
})

/** The alerts of the last pages, and each one that is issued or changes. */
export const alerts = new Picture<Alert>({
  path: '/v1/alert-events',
  id: (alert) => alert.alert_id,
  follows: (alert, known) => alert.revision >= known.revision,
  most: MOST,
  of: alertOf,
  read: (signal) =>
    pages<Alert>(
      async (cursor) =>
        dataOf(await api.GET('/v1/alerts', { params: { query: { limit: PAGE, ...(cursor && { cursor }) } }, signal })),
      ALERT_PAGES,
    ),
})
