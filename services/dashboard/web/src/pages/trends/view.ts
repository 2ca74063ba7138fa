/** What the page shows, as its address says it. */
import type { Incident, IncidentCountsQuery } from '../../api/shapes'
import { boundsOfText, textOfBounds, type Bounds } from '../../map/bounds'
import { boxFor, type Narrowing } from '../../map/incidentMap'
import { SHAPES } from '../../marks/shapes'

/** Weeks. Each is compared with as many weeks before it. */
export const SPANS = [4, 13, 26, 52] as const
export const CATEGORIES = Object.keys(SHAPES) as Incident['category'][]
/** An exercise is no incident: they are left out unless a person asks for them. */
export const EXERCISES = ['exclude', 'include', 'only'] as const
const WEEK = 7
const DAY_MS = 86_400_000

export interface View {
  weeks: (typeof SPANS)[number]
  category: Incident['category'][]
  exercises: (typeof EXERCISES)[number]
  box: Bounds | null
}

/** What a person typed into the address and what is no value of the field does not narrow. */
export function viewOf(address: URLSearchParams): View {
  return {
    weeks: SPANS.find((weeks) => String(weeks) === address.get('weeks')) ?? 13,
    category: CATEGORIES.filter((one) => (address.get('category') ?? '').split(',').includes(one)),
    exercises: EXERCISES.find((one) => one === address.get('exercises')) ?? 'exclude',
    box: boundsOfText(address.get('box')),
  }
}

/** The first of so many days that end with this one. */
export function firstDay(last: string, days: number): string {
  return new Date(Date.parse(last) - (days - 1) * DAY_MS).toISOString().slice(0, 10)
}

/** The counts of the span and of the one before it, week by week; one week more, because clocks differ. */
export function weeklyQuery(view: View, now: Date): IncidentCountsQuery {
  const from = firstDay(now.toISOString().slice(0, 10), (2 * view.weeks + 1) * WEEK)
  return { ...narrowing(view), from, days: WEEK, per: ['category'] }
}

/** The same in whole spans, by what the incidents are. */
export function kindsQuery(view: View, now: Date): IncidentCountsQuery {
  return { ...weeklyQuery(view, now), days: view.weeks * WEEK, per: ['status', 'outcome'] }
}

/** What the map is asked for, beside the box and the zoom. */
export function mapNarrowing(view: View, now: Date): Narrowing {
  const { category, exercises } = narrowing(view)
  const from = firstDay(now.toISOString().slice(0, 10), view.weeks * WEEK)
  return { ...(category && { category }), exercises, from }
}

/** Where the map of Now has the same place, time and category. */
export function addressOnNow(view: View, box: Bounds): string {
  const address = new URLSearchParams({ box: textOfBounds(box), span: view.weeks === 4 ? '30d' : 'all' })
  if (view.category.length) address.set('category', view.category.join(','))
  return `/?${address}`
}

function narrowing({ category, exercises, box }: View) {
  return {
    exercises,
    ...(category.length > 0 && { category }),
    ...(box && { bbox: textOfBounds(boxFor(box)) }),
  }
}
