/** The report that the API takes, from what was typed; and which question an error is about. */
import type { FieldError, LocationPrecision } from '../api/schema'
import type { SentReport } from '../api/shapes'
import { LINES, type Draft, type Fact, type Heard, type Place } from './draft'

export type Question = 'category' | 'happened' | 'where' | 'when' | 'who' | 'narrative' | 'lines'

/** A grid reference of coarser cells than this is no position fix. */
const FIX_M = 100
/** What a point stands for that is so far off, as the server has it for reports without an uncertainty. */
const STANDS_FOR: [number, LocationPrecision][] = [
  [2_500, 'near_locality'],
  [25_000, 'admin2'],
  [100_000, 'admin1'],
]

function precisionOf({ by, uncertaintyM }: Place): LocationPrecision {
  if (by === 'device' || (by !== 'map' && uncertaintyM <= FIX_M)) return 'gps'
  return STANDS_FOR.find(([most]) => uncertaintyM <= most)?.[1] ?? 'country'
}

/** The questions without which the API takes no report. */
export function unanswered(draft: Draft): Question[] {
  const missing: Question[] = []
  if (draft.category === null) missing.push('category')
  if (draft.outcome === null) missing.push('happened')
  if (draft.place === null) missing.push('where')
  if (draft.at === null) missing.push('when')
  return missing
}

/**
 * The report, as it is sent each time: made once, when the person sends it. Throws where an answer is missing.
 *
 * `now` is the moment of sending: the report may reach the server days later.
 */
export function reportOf(draft: Draft, id: string, now: Date): SentReport {
  const { category, outcome, place, at } = draft
  if (category === null || outcome === null || place === null || at === null) {
    throw new Error(`not answered: ${unanswered(draft).join(', ')}`)
  }
  const rest = reportWith(draft.heard?.rest ?? [])
  return {
    ...rest,
    incident_id: id,
    category,
    outcome,
    ...(draft.hazard && { hazard_state: draft.hazard }),
    location: {
      setting: 'unknown',
      ...rest.location,
      point: { type: 'Point', coordinates: [place.longitude, place.latitude] },
      precision: precisionOf(place),
      uncertainty_m: place.uncertaintyM,
      ...(draft.placeName.trim() && { place_name: draft.placeName.trim() }),
    },
    time: { occurred_at: at, precision: draft.precision, reported_at: now.toISOString() },
    narrative: [draft.narrative.trim(), unread(draft.heard)].filter(Boolean).join('\n\n'),
    exercise: draft.exercise,
    report: {
      channel: 'form',
      ...rest.report,
      organisation: draft.organisation.trim() || 'unknown',
      role: draft.role.trim() || 'unknown',
      ...nineLine(draft),
    },
  }
}

/** The text that was typed and not read: it goes with the report as it stands, so that none is lost. */
export function unread(heard: Heard | undefined): string {
  return heard === undefined || heard.text === heard.reading?.text ? '' : heard.text.trim()
}

function reportWith(facts: readonly Fact[]): Partial<SentReport> {
  const report: Record<string, unknown> = {}
  for (const { field, value } of facts) {
    const [whole = field, part] = field.split('.')
    report[whole] = part === undefined ? value : { ...(report[whole] as object), [part]: value }
  }
  return report
}

function nineLine(draft: Draft): Pick<NonNullable<SentReport['report']>, 'nine_line'> {
  const said = LINES.map((line) => [line, draft.nineLine[line]?.trim()]).filter(([, text]) => text)
  return said.length === 0 ? {} : { nine_line: Object.fromEntries(said) }
}

const QUESTIONS: [RegExp, Question][] = [
  [/^\/category/, 'category'],
  [/^\/(outcome|hazard_state)/, 'happened'],
  [/^\/location/, 'where'],
  [/^\/time/, 'when'],
  [/^\/report\/nine_line/, 'lines'],
  [/^\/report/, 'who'],
  [/^\/narrative/, 'narrative'],
]

/** The question that the server's error is about; null where it is about the whole report. */
export function questionOf(error: Pick<FieldError, 'pointer' | 'field'>): Question | null {
  // An error of the domain has its dotted place alone.
  const place = error.pointer ?? `/${error.field.replace(/^body\./, '').replaceAll('.', '/')}`
  return QUESTIONS.find(([pattern]) => pattern.test(place))?.[1] ?? null
}

/** Whether the error is about the moment of sending, which no question asks for: the device's clock says it. */
export function isOfClock({ field }: Pick<FieldError, 'field'>): boolean {
  return field.endsWith('time.reported_at')
}
