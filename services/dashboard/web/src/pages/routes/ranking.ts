/** In which order the routes are read. */
import type { Route } from '../../api/shapes'
import { byRise, riseOf, type Seen } from './rise'

export const ORDERS = ['hazard', 'risk', 'rise', 'age'] as const
export type Order = (typeof ORDERS)[number]

/** The order that an address names; by known hazard where it names none. */
export function orderOf(named: unknown): Order {
  return ORDERS.find((order) => order === named) ?? 'hazard'
}

type Ranked = Pick<Route, 'route_id' | 'name'> & {
  risk: Pick<Route['risk'], 'band' | 'expected_events' | 'known_hazards' | 'data_age_days'>
}

export function ranked<Item extends Ranked>(routes: Item[], order: Order, seen: (id: string) => Seen | null): Item[] {
  const rise = (route: Item) => riseOf(seen(route.route_id), route.risk)
  const risk = (a: Item, b: Item) => b.risk.expected_events - a.risk.expected_events
  const compare: Record<Order, (a: Item, b: Item) => number> = {
    hazard: (a, b) => b.risk.known_hazards - a.risk.known_hazards || risk(a, b),
    risk,
    rise: (a, b) => byRise(rise(a), rise(b)) || risk(a, b),
    age: (a, b) => ageOfData(b) - ageOfData(a),
  }
  return [...routes].sort((a, b) => compare[order](a, b) || a.name.localeCompare(b.name))
}

/** A route of which nothing is known has the oldest data of all. */
function ageOfData({ risk }: Ranked): number {
  // Not Infinity: two of them have the same age, and Infinity minus Infinity is none.
  return risk.data_age_days ?? Number.MAX_VALUE
}
