/** Counts, intervals and comparisons in words. */
import { currentLanguage, say, type Word } from '../../words/words.svelte'
import { compared, poissonInterval, type Comparison, type Interval, type Verdict } from './intervals'

const VERDICTS: Record<Verdict, Word> = {
  more: 'trends.verdict.more',
  fewer: 'trends.verdict.fewer',
  unclear: 'trends.verdict.unclear',
}

/** No more digits than a bound is worth. */
function rounded(bound: number): number {
  return bound >= 10 ? Math.round(bound) : Math.round(bound * 10) / 10
}

export function rangeOf({ low, high }: Interval): string {
  return Number.isFinite(high)
    ? say('trends.range', { low: rounded(low), high: rounded(high) })
    : say('trends.range.open', { low: rounded(low) })
}

/** The interval of a count; of a rate, where it is over several weeks. */
export function intervalOf(count: number, weeks = 1): string {
  const { low, high } = poissonInterval(count)
  return rangeOf({ low: low / weeks, high: high / weeks })
}

export function rateOf(count: number, weeks: number): string {
  return say('trends.number', { value: rounded(count / weeks) })
}

export function verdictOf(comparison: Comparison): string {
  return say(VERDICTS[comparison.verdict])
}

/** The ratio with its interval; nothing of two counts of which both are none. */
export function ratioOf(now: number, before: number): string {
  const comparison = compared(now, before)
  if (now + before === 0) return ''
  const range = rangeOf(comparison)
  return comparison.ratio === null
    ? say('trends.ratio.new', { range })
    : say('trends.ratio', { ratio: rounded(comparison.ratio), range })
}

/** A day as 29 Nov 2026, as the API counts them: in UTC. */
export function dayOf(day: string): string {
  return format(new Date(day), { day: 'numeric', month: 'short', year: 'numeric' })
}

/** A place on a time axis: the day, or, where the axis is so long that years differ, the month. */
export function tickOf(at: Date, weeks: number): string {
  return format(at, weeks > 26 ? { month: 'short', year: 'numeric' } : { day: 'numeric', month: 'short' })
}

function format(at: Date, options: Intl.DateTimeFormatOptions): string {
  const language = currentLanguage() === 'fr' ? 'fr-FR' : 'en-GB'
  return new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(at)
}
