/** How sure a count is: exact intervals, by quantiles of jStat, which is loaded beside the counts. */
import type Jstat from 'jstat'
import { part } from '../../parts/parts.svelte'

let jstat: typeof Jstat

let loading: ReturnType<typeof load> | null = null

function load() {
  return part(() => import('jstat'))
}

/** Before the first interval. */
export async function prepareIntervals(): Promise<void> {
  loading ??= load()
  jstat = (await loading).default
}

export interface Interval {
  low: number
  high: number
}

/** That of the intervals of routes, so that a person reads all of them in the same way. */
export const LEVEL = 0.9
const TAIL = (1 - LEVEL) / 2

/**
 * The exact interval of the mean of a Poisson count:
 *
 *     low = χ²⁻¹(α/2, 2n) / 2,  high = χ²⁻¹(1 − α/2, 2n + 2) / 2
 *
 * F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936).
 */
export function poissonInterval(count: number): Interval {
  return {
    low: count === 0 ? 0 : jstat.chisquare.inv(TAIL, 2 * count) / 2,
    high: jstat.chisquare.inv(1 - TAIL, 2 * count + 2) / 2,
  }
}

export type Verdict = 'more' | 'fewer' | 'unclear'

export interface Comparison {
  /** Null where there was none before. */
  ratio: number | null
  low: number
  /** Infinity where there was none before. */
  high: number
  verdict: Verdict
}

/**
 * The rates of two equally long spans. Given their sum, the count of the one is binomial with p = r / (1 + r), of which
 * r is the ratio of the rates: its interval is that of Clopper and Pearson for p.
 *
 * J. Przyborowski & H. Wilenski, "Homogeneity of results in testing samples from Poisson series", Biometrika 31 (1940);
 * C. J. Clopper & E. S. Pearson, "The use of confidence or fiducial limits", Biometrika 26 (1934).
 */
export function compared(now: number, before: number): Comparison {
  const least = now === 0 ? 0 : jstat.beta.inv(TAIL, now, before + 1)
  const most = before === 0 ? 1 : jstat.beta.inv(1 - TAIL, now + 1, before)
  const [low, high] = [least / (1 - least), most === 1 ? Infinity : most / (1 - most)]
  return {
    ratio: before === 0 ? null : now / before,
    low,
    high,
    verdict: low > 1 ? 'more' : high < 1 ? 'fewer' : 'unclear',
  }
}
