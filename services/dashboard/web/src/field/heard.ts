/** A nine-line text as it was heard: it is read by the server, and what was understood of it fills in the form. */
import { resultOf, type Result } from '../api/attempt'
import { api, inTime, type Problem } from '../api/client'
import type { NineLineText } from '../api/schema'
import type { NineLine, SentReport } from '../api/shapes'
import { emptyDraft, LINES, PRECISIONS, type Draft, type Fact, type Heard, type Place } from './draft'
import { degrees } from './grid'
import type { Question } from './report'

/** What of a report the form asks for itself. */
const ASKED: readonly string[] = [
  'incident_id',
  'category',
  'outcome',
  'hazard_state',
  'location.point',
  'location.precision',
  'location.uncertainty_m',
  'time.occurred_at',
  'time.precision',
  'narrative',
  'exercise',
  'report.nine_line',
]
const SETTING = 'location.setting'

type Reading = NonNullable<Heard['reading']>
type Understood = NineLine['before']['understood'][number]

/** Have it read. Nothing is recorded. `to` is what a test gives. */
export function read(
  text: string,
  to: { baseUrl?: string; fetch?: (request: Request) => Promise<Response> } = {},
): Promise<Result<NineLine, Problem>> {
  const answer = api.POST('/v1/incidents:nine-line', { body: { text } as NineLineText, signal: inTime(), ...to })
  return resultOf(answer, (error, { status, statusText: title }) => ({
    type: 'about:blank',
    code: 'unknown',
    title,
    status,
    ...(error as Partial<Problem>),
  }))
}

/** The facts of the draft, each by its field. */
export function factsOf({ draft }: NineLine): Fact[] {
  return Object.entries(draft).flatMap(([name, value]) =>
    isObject(value)
      ? Object.entries(value).map(([part, its]) => ({ field: `${name}.${part}`, value: its as unknown }))
      : [{ field: name, value }],
  )
}

/** Whether the draft has it: of several values that a text says, it has one. */
export function isUsed({ draft }: NineLine, { field, value }: Fact): boolean {
  const [whole = field, part] = field.split('.')
  const its = part === undefined ? draft[whole] : (draft[whole] as Record<string, unknown> | undefined)?.[part]
  if (its === undefined || Array.isArray(its)) return true
  if (!isObject(value) || !isObject(its)) return its === value
  const parts = new Map(Object.entries(its))
  return Object.entries(value).every(([name, one]) => isSame(one, parts.get(name)))
}

/** All that was understood of a text, the lines first. */
function understood({ lines, before }: NineLine): Understood[] {
  return [...lines, before].flatMap((line) => line.understood)
}

/** The draft with the answers of a reading, and the questions whose answers were given otherwise and stay. */
export interface Filled {
  draft: Draft
  kept: Question[]
}

const CHOICES: readonly [Question, readonly (keyof Answers)[]][] = [
  ['category', ['category']],
  ['happened', ['outcome', 'hazard']],
  ['where', ['place']],
  ['when', ['at', 'precision']],
]

/**
 * Fill in what the person has not answered, and replace what an earlier reading filled in. Another answer of the person
 * stays; what they wrote stays beside what was heard.
 */
export function fill(draft: Draft, reading: Reading): Filled {
  const blank: Answers = emptyDraft({ organisation: '', role: '' })
  const before = draft.heard?.reading ? answersOf(draft.heard.reading.answer) : blank
  const now = answersOf(reading.answer)
  const filled: Draft = { ...draft }
  const kept: Question[] = []
  for (const [question, names] of CHOICES) {
    const isAs = (one: Answers, other: Answers) => names.every((name) => isSame(one[name], other[name]))
    if (isAs(draft, blank) || isAs(draft, before)) {
      for (const name of names) Object.assign(filled, { [name]: now[name] })
    } else if (!isAs(now, blank) && !isAs(now, draft)) {
      kept.push(question)
    }
  }
  if (draft.exercise === before.exercise) filled.exercise = now.exercise
  filled.narrative = joined(draft.narrative, before.narrative, now.narrative)
  filled.nineLine = Object.fromEntries(
    LINES.map((line) => [line, joined(draft.nineLine[line], before.nineLine[line], now.nineLine[line])]),
  )
  filled.heard = { text: draft.heard?.text ?? reading.text, reading, rest: restOf(reading.answer) }
  return { draft: filled, kept }
}

type Answers = Pick<
  Draft,
  'category' | 'outcome' | 'hazard' | 'place' | 'at' | 'precision' | 'narrative' | 'exercise' | 'nineLine'
>

function answersOf(answer: NineLine): Answers {
  const sent = answer.draft as Partial<SentReport>
  const at = sent.time?.occurred_at
  // Without a word of it the draft has the category that is not known. That is for the person to say.
  const isCategorised = understood(answer).some(({ field }) => field === 'category')
  return {
    category: isCategorised ? (sent.category ?? null) : null,
    outcome: sent.outcome ?? null,
    hazard: sent.hazard_state ?? null,
    place: placeOf(sent.location),
    at: at ? new Date(at).toISOString() : null,
    precision: PRECISIONS.find((one) => one === sent.time?.precision) ?? 'minute',
    narrative: sent.narrative ?? '',
    exercise: sent.exercise ?? false,
    nineLine: (sent.report?.nine_line ?? {}) as Draft['nineLine'],
  }
}

function placeOf(location: SentReport['location'] | undefined): Place | null {
  if (!location) return null
  const [longitude = 0, latitude = 0] = location.point.coordinates as number[]
  const uncertaintyM = Math.max(1, Math.ceil(location.uncertainty_m ?? 0))
  return { by: 'heard', longitude: degrees(longitude), latitude: degrees(latitude), uncertaintyM }
}

/** The facts that the form does not ask for. A setting is in the draft only where a position was understood. */
function restOf(answer: NineLine): Fact[] {
  const rest = factsOf(answer).filter(({ field }) => !ASKED.includes(field))
  const setting = understood(answer).find(({ field }) => field === SETTING)
  if (setting && !rest.some(({ field }) => field === SETTING)) rest.push({ field: SETTING, value: setting.value })
  return rest
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The text with what is heard `now` in the place of what was heard `before`, or below it. */
function joined(text = '', before = '', now = ''): string {
  if (before !== '' && text.includes(before)) return text.replace(before, () => now)
  if (now === '' || text.includes(now)) return text
  return text.trim() === '' ? now : `${text}\n${now}`
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
