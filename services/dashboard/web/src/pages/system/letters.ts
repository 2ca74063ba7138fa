/** What a message was, where it leads, and what its error says about a replay. */
import type { DeadLetter } from '../../api/shapes'
import type { Word } from '../../words/words.svelte'

const WHAT = {
  incident: 'system.what.incident',
  route: 'system.what.route',
  area: 'system.what.area',
  service: 'system.what.service',
} as const satisfies Record<string, Word>

export function whatOf({ event_type }: Pick<DeadLetter, 'event_type'>): Word {
  const group = event_type?.split('.')[0] ?? ''
  return Object.hasOwn(WHAT, group) ? WHAT[group as keyof typeof WHAT] : 'system.what.unknown'
}

/** The page of the incident or route that it is about; null where this dashboard has none. */
export function pageOf({ event_type, subject }: Pick<DeadLetter, 'event_type' | 'subject'>): string | null {
  if (!subject) return null
  if (event_type?.startsWith('incident.')) return `/incidents/${subject}`
  return event_type?.startsWith('route.') ? `/routes/${subject}` : null
}

/** Errors that are in the message itself: the same program cannot process it however often it tries. */
const IN_THE_MESSAGE = ['InvalidEvent', 'Unhandled']

export function isInTheMessage({ error }: Pick<DeadLetter, 'error'>): boolean {
  return IN_THE_MESSAGE.includes(error.split(':')[0] ?? '')
}

export function adviceOf(letter: Pick<DeadLetter, 'error'>): Word {
  return isInTheMessage(letter) ? 'system.advice.message' : 'system.advice.cause'
}
