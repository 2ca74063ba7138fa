/** A report on this device, from its first letter until the server has it. */
import { v7 } from 'uuid'
import type { Problem } from '../api/client'
import type { SentReport } from '../api/shapes'
import { emptyDraft, type Draft } from './draft'
import { reportOf } from './report'

/** `sending` is also what a page that ended meanwhile leaves behind. */
export type EntryState = 'draft' | 'waiting' | 'sending' | 'sent' | 'refused'

export interface Entry {
  /** The incident's id, and the key under which the server knows a repeat: made once, with the first letter. */
  id: string
  key: string
  state: EntryState
  begunAt: string
  draft: Draft
  /** What is sent, each time the same. */
  body: SentReport | null
  attempts: number
  /** The earliest time of the next attempt, in milliseconds. */
  dueAt: number
  /** Why the server refuses it. */
  problem: Problem | null
  /** When the server recorded it. */
  sentAt: string | null
}

export function newEntry(draft: Draft, now: Date): Entry {
  return {
    id: v7(),
    key: v7(),
    state: 'draft',
    begunAt: now.toISOString(),
    draft,
    body: null,
    attempts: 0,
    dueAt: 0,
    problem: null,
    sentAt: null,
  }
}

const CONTENT_REFUSED = 422

/** Whether its answers may still change: nobody has taken it, and no attempt may have arrived unheard. */
export function isOpen(entry: Entry): boolean {
  return entry.state === 'draft' || entry.state === 'refused' || (entry.state === 'waiting' && entry.attempts === 0)
}

export function isUnsent(entry: Entry): boolean {
  return entry.state === 'waiting' || entry.state === 'sending'
}

/** With the answers as they are now. One that waits is a draft again. */
export function typed(entry: Entry, draft: Draft): Entry {
  if (!isOpen(entry)) return entry
  return { ...entry, draft, state: entry.state === 'refused' ? 'refused' : 'draft', body: null }
}

/**
 * Given to the queue. The server refuses before it records, so what is refused has not arrived. But an earlier attempt may
 * have, whose answer was lost, unless the content itself is refused. Such a report is sent as it was, if nobody changed
 * it: the server then knows it.
 */
export function queued(entry: Entry, now: Date): Entry {
  if (!isOpen(entry)) return entry
  const asBefore = entry.attempts > 1 && entry.body !== null && entry.problem?.status !== CONTENT_REFUSED
  const body = asBefore ? entry.body : reportOf(entry.draft, entry.id, now)
  return { ...entry, state: 'waiting', body, attempts: asBefore ? entry.attempts : 0, dueAt: 0, problem: null }
}

/** Its content leaves the device when the server has it: a lost phone should tell little. */
export function recorded(entry: Entry, at: string): Entry {
  const { category, exercise } = entry.draft
  const draft = { ...emptyDraft({ organisation: '', role: '' }), category, exercise }
  return { ...entry, state: 'sent', draft, body: null, problem: null, sentAt: at }
}

const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 300_000
/** A server may ask for a longer wait, up to this one. */
export const LONGEST_ASKED_MS = 3_600_000

/** The wait before the next attempt: doubled each time, and spread, so that many devices do not come at once. */
export function waitAfter(attempts: number, random: number, leastMs = 0): number {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, attempts - 1), LONGEST_WAIT_MS)
  return Math.max(Math.min(leastMs, LONGEST_ASKED_MS), Math.round(wait * (0.75 + random / 2)))
}

/** Whether its wait is over. One that is longer than any was made by a clock that was set back since. */
export function isDue(entry: Entry, now: number): boolean {
  return entry.dueAt <= now || entry.dueAt > now + LONGEST_ASKED_MS
}
