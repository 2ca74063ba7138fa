/** What stands on the map beside incidents: areas, subscriptions, and the stretches of routes with known hazards. */
import { api, dataOf } from '../../api/client'
import type { AreaView } from '../../api/schema'
import type { Route, Subscription } from '../../api/shapes'
import type { HazardStretch } from '../../map/routeLayers'

const PAGE = 500

class Standing {
  areas = $state.raw<AreaView[]>([])
  subscriptions = $state.raw<Subscription[]>([])
  hazards = $state.raw<HazardStretch[]>([])

  #key: string | null = null

  /** What another key may read is not shown to this one. */
  holdFor(key: string | null): void {
    if (key === this.#key) return
    this.#key = key
    this.areas = []
    this.subscriptions = []
    this.hazards = []
  }

  async readAreas(signal: AbortSignal): Promise<void> {
    this.areas = await all(async (cursor) =>
      dataOf(await api.GET('/v1/areas', { params: { query: { limit: PAGE, ...(cursor && { cursor }) } }, signal })),
    )
  }

  async readSubscriptions(signal: AbortSignal): Promise<void> {
    this.subscriptions = await all(async (cursor) =>
      dataOf(
        await api.GET('/v1/subscriptions', { params: { query: { limit: PAGE, ...(cursor && { cursor }) } }, signal }),
      ),
    )
  }

  /** One after the other: a mission with many hazards must not keep the server from its warnings. */
  async readHazards(routes: readonly Route[], signal: AbortSignal): Promise<void> {
    const found: HazardStretch[] = []
    for (const route of routes) {
      const { hazards } = dataOf(
        await api.GET('/v1/routes/{route_id}/risk', { params: { path: { route_id: route.route_id } }, signal }),
      )
      for (const { incident_id, stretches } of hazards)
        for (const { from_km, to_km } of stretches) found.push({ route, incident_id, from_km, to_km })
    }
    this.hazards = found
  }
}

async function all<Item>(
  read: (cursor: string | undefined) => Promise<{ items: Item[]; next?: string | null }>,
): Promise<Item[]> {
  const found: Item[] = []
  for (let cursor: string | undefined; ;) {
    const { items, next } = await read(cursor)
    found.push(...items)
    if (!next) return found
    cursor = next
  }
}

export const standing = new Standing()
