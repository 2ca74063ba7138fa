/** What the page shows, as its address says it, and what it therefore asks the API for. */
import type { Incident } from '../../api/shapes'
import { boundsOfText, type Bounds } from '../../map/bounds'
import type { Narrowing } from '../../map/incidentMap'
import { SHAPES } from '../../marks/shapes'

export const SPANS = ['24h', '7d', '30d', 'all'] as const
export type Span = (typeof SPANS)[number]

export const CATEGORIES = Object.keys(SHAPES) as Incident['category'][]
export const STATUSES: readonly Incident['status'][] = [
  'reported',
  'under_review',
  'verified',
  'disputed',
  'closed',
  'retracted',
  'merged',
]
export const HAZARDS: readonly Incident['hazard_state'][] = [
  'active',
  'suspected',
  'marked',
  'unknown',
  'cleared',
  'none',
]
/** The states in which something may still be there. */
export const STANDING: readonly Incident['hazard_state'][] = ['active', 'suspected', 'marked', 'unknown']

export interface View {
  category: Incident['category'][]
  status: Incident['status'][]
  hazard: Incident['hazard_state'][]
  /** Text of the place, of the list. */
  place: string
  span: Span
  /** The moment that is shown; null: the present. */
  at: Date | null
  /** Whether what is shown is what was on record at that moment. */
  known: boolean
  /** The incident that is selected. */
  incident: string | null
  box: Bounds | null
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
const LENGTHS: Record<Exclude<Span, 'all'>, number> = { '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY }
/** What the slider goes back to where the span has no beginning. */
const LONGEST = 365 * DAY
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What a person typed into the address and what is no value of the field does not narrow. */
export function viewOf(address: URLSearchParams): View {
  const some = <Value extends string>(name: string, values: readonly Value[]) =>
    values.filter((value) => (address.get(name) ?? '').split(',').includes(value))
  const at = new Date(address.get('at') ?? '')
  const isPast = !Number.isNaN(at.getTime())
  const incident = address.get('incident') ?? ''
  return {
    category: some('category', CATEGORIES),
    status: some('status', STATUSES),
    hazard: some('hazard', HAZARDS),
    place: address.get('place') ?? '',
    span: SPANS.find((span) => span === address.get('span')) ?? '7d',
    at: isPast ? at : null,
    known: isPast && address.get('known') === 'true',
    incident: UUID.test(incident) ? incident : null,
    box: boundsOfText(address.get('box')),
  }
}

/** When the span begins that ends now; null for all. */
export function beginningOf(span: Span, now: Date): Date | null {
  return span === 'all' ? null : new Date(now.getTime() - LENGTHS[span])
}

/** The step of the slider and of the playback, in milliseconds. */
export function stepOf(span: Span): number {
  return span === '24h' ? HOUR : DAY
}

/** The moments that the slider can show, the present last: it is null. */
export function momentsOf(span: Span, now: Date): (Date | null)[] {
  const step = stepOf(span)
  const from = now.getTime() - (span === 'all' ? LONGEST : LENGTHS[span])
  const moments: (Date | null)[] = []
  // On whole hours and days, so that two people who share an address mean the same.
  for (let at = Math.ceil(from / step) * step; at < now.getTime(); at += step) moments.push(new Date(at))
  return [...moments, null]
}

/** Where the slider stands for a moment: at the last one that is not after it. */
export function placeOf(at: Date | null, moments: readonly (Date | null)[]): number {
  if (at === null) return moments.length - 1
  return Math.max(
    0,
    moments.findLastIndex((one) => one !== null && one <= at),
  )
}

/** The place after this one when it plays; null at the end. */
export function following(place: number, count: number): number | null {
  return place + 1 < count ? place + 1 : null
}

/**
 * What the map asks for: what is of the span until the moment, and, of before the span, the hazards that still stand.
 * The second is null where nothing is before, or where the filter leaves out all that stands.
 */
export function askedFor(view: View, now: Date): { within: Narrowing; before: Narrowing | null } {
  const begin = beginningOf(view.span, minute(now))
  const same: Narrowing = {
    ...(view.category.length > 0 && { category: view.category }),
    ...(view.status.length > 0 && { status: view.status }),
    ...(view.known && view.at && { as_of: view.at.toISOString() }),
  }
  const until = view.at && { to: view.at.toISOString() }
  const within: Narrowing = {
    ...same,
    ...(view.hazard.length > 0 && { hazard_state: view.hazard }),
    ...(begin && { from: begin.toISOString() }),
    ...until,
  }
  const standing = STANDING.filter((state) => view.hazard.length === 0 || view.hazard.includes(state))
  if (begin === null || standing.length === 0) return { within, before: null }
  const end = view.at && view.at < begin ? view.at : begin
  return { within, before: { ...same, hazard_state: standing, to: end.toISOString() } }
}

/** So that what is asked for is the same for a minute, and the server can say that nothing has changed. */
function minute(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 60_000) * 60_000)
}
