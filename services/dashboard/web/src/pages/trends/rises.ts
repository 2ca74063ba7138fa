/** The routes whose expected incidents rose most since a day, by few requests. */
import type { Route } from '../../api/shapes'

export type Then = Pick<Route['risk'], 'expected_events' | 'low' | 'high'>
type Rated = Pick<Route, 'route_id' | 'name'> & { risk: Then & Pick<Route['risk'], 'band'> }

export interface Rise<Item extends Rated> {
  route: Item
  then: Then
  /** Whether the interval now is above the one then. */
  clear: boolean
}

export interface Rises<Item extends Rated> {
  rises: Rise<Item>[]
  /** Whether some route that was not asked about may have risen as much. */
  cut: boolean
}

const LISTED = 5
/** The server computes each answer anew: a mission with many routes must not keep it from its warnings. */
const MOST_ASKED = 40

/**
 * A route cannot have risen by more than it has now. So they are asked about from the riskiest down, until the next one
 * has less than the least of the rises that are listed.
 */
export async function readRises<Item extends Rated>(
  routes: readonly Item[],
  before: (route_id: string) => Promise<Then>,
): Promise<Rises<Item>> {
  const rises: Rise<Item>[] = []
  const riskiest = [...routes].sort((one, other) => other.risk.expected_events - one.risk.expected_events)
  for (const [index, route] of riskiest.entries()) {
    const least = rises.sort(byRise)[LISTED - 1]
    if (least && riseOf(least) >= route.risk.expected_events) break
    if (index >= MOST_ASKED) return { rises: rises.slice(0, LISTED), cut: true }
    const then = await before(route.route_id)
    const rise = { route, then, clear: route.risk.low > then.high }
    if (riseOf(rise) > 0) rises.push(rise)
  }
  return { rises: rises.sort(byRise).slice(0, LISTED), cut: false }
}

function riseOf({ route, then }: Rise<Rated>): number {
  return route.risk.expected_events - then.expected_events
}

function byRise(one: Rise<Rated>, other: Rise<Rated>): number {
  return riseOf(other) - riseOf(one)
}
