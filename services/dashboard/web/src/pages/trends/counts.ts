/** The counts of a span and of the equally long one before it, as the page shows them. */
import type { IncidentCounts } from '../../api/shapes'
import { firstDay } from './view'

type Count = IncidentCounts['counts'][number]
export type Kind = 'category' | 'status' | 'outcome'

export interface Week {
  first_day: string
  last_day: string
  incidents: number
  /** How many of them may have happened later. */
  uncertain: number
  /** Whether it is of the span, or of the one before it. */
  current: boolean
}

/** Every week of both spans, the first one first; a week of which nothing is told had none. */
export function weeksOf({ counts, last_day, days }: IncidentCounts, weeks: number): Week[] {
  return Array.from({ length: 2 * weeks }, (_, index) => {
    const back = 2 * weeks - 1 - index
    const last = firstDay(last_day, back * days + 1)
    const those = counts.filter((count) => count.last_day === last)
    return {
      first_day: firstDay(last, days),
      last_day: last,
      incidents: sum(those, 'incidents'),
      uncertain: sum(those, 'uncertain'),
      current: back < weeks,
    }
  })
}

export interface Row {
  value: string
  now: number
  before: number
}

/** Both spans by one kind, that with the most incidents first. What is older than both is left out. */
export function rowsOf({ counts, last_day }: IncidentCounts, kind: Kind, span_days: number): Row[] {
  const [now, before] = [firstDay(last_day, span_days), firstDay(last_day, 2 * span_days)]
  const rows = new Map<string, Row>()
  for (const count of counts) {
    if (count.first_day < before) continue
    const value = count[kind] ?? 'unknown'
    const row = rows.get(value) ?? { value, now: 0, before: 0 }
    row[count.first_day < now ? 'before' : 'now'] += count.incidents
    rows.set(value, row)
  }
  return [...rows.values()].sort(
    (one, other) => other.now - one.now || other.before - one.before || one.value.localeCompare(other.value),
  )
}

export function sumOf(rows: readonly Row[]): { now: number; before: number } {
  return rows.reduce((sums, { now, before }) => ({ now: sums.now + now, before: sums.before + before }), {
    now: 0,
    before: 0,
  })
}

function sum(counts: readonly Count[], name: 'incidents' | 'uncertain'): number {
  return counts.reduce((total, count) => total + count[name], 0)
}
