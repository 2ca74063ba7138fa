/** Counts, intervals and comparisons in words. */
import { say, type Word } from '../../words/words.svelte'
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

/** A day as 29 Nov, as the API counts them: in UTC. */
export function dayOf(day: string): string {
  return say('trends.day', { day: new Date(`${day}T12:00:00Z`) })
}
