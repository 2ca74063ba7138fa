/** How each route was when this person last looked, kept on this device. */
import type { Route } from '../../api/shapes'
import { readOwn, writeOwn } from '../../session/own.svelte'
import { seenOfRisk, type Seen } from './rise'

const NAME = 'clearway.routes.seen'

interface Look {
  at: string
  routes: Record<string, Seen>
}

function stored(): Look | null {
  try {
    const look = JSON.parse(readOwn(NAME) ?? 'null') as Look | null
    return look && typeof look.at === 'string' && typeof look.routes === 'object' ? look : null
  } catch {
    return null
  }
}

const look = $derived(stored())

/** Null where this person never looked at the routes on this device. */
export function routesSeenAt(): Date | null {
  return look === null ? null : new Date(look.at)
}

export function seenRoute(id: string): Seen | null {
  return look?.routes[id] ?? null
}

export function markRoutesSeen(routes: Iterable<Route>): void {
  const seen: Record<string, Seen> = {}
  for (const { route_id, risk } of routes) seen[route_id] = seenOfRisk(risk)
  writeOwn(NAME, JSON.stringify({ at: new Date().toISOString(), routes: seen } satisfies Look))
}
