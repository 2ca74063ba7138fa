/** Why two incidents may be one event, as texts with their values: what the server's numbers say in plain words. */
import type { Duplicate, Incident } from '../api/shapes'
import { ageOf } from '../show/quantities'
import { term, type Word } from '../words/words.svelte'

export type Likeness = Duplicate['likeness']
export type Part = 'place' | 'time' | 'category' | 'outcome'

export interface Reason {
  part: Part
  /** Of 100. */
  score: number
  word: Word
  values: Record<string, string | number>
}

const [MINUTE_S, HOUR_S, DAY_S] = [60, 3_600, 86_400] as const

/** A share as people say it, of 100; never 100 of what is only nearly so. */
export function hundredths(share: number): number {
  return share < 1 ? Math.min(99, Math.round(share * 100)) : 100
}

/** In the order of their weight. */
export function reasonsOf(one: Incident, other: Incident, likeness: Likeness): Reason[] {
  const said: Record<Part, Pick<Reason, 'word' | 'values'>> = {
    place: placesOf(one, other, likeness),
    time: timesOf(likeness),
    category: categoriesOf(one, other),
    outcome: outcomesOf(one, other),
  }
  return (Object.keys(said) as Part[]).map((part) => ({ part, score: hundredths(likeness[part]), ...said[part] }))
}

function placesOf(one: Incident, other: Incident, { distance_m, within_m }: Likeness) {
  const [mine, its] = [one.location.uncertainty_m, other.location.uncertainty_m]
  const values = { metres: Math.round(distance_m), mine, its, within: Math.ceil(within_m) }
  const isExplained = distance_m <= mine + its
  return { word: isExplained ? 'duplicates.place.within' : 'duplicates.place.beyond', values } as const
}

function timesOf({ apart_seconds }: Likeness) {
  if (apart_seconds === 0) return { word: 'duplicates.time.touch', values: {} } as const
  if (apart_seconds < MINUTE_S) return { word: 'duplicates.time.near', values: {} } as const
  // At least so much: it is not rounded up.
  const unit = apart_seconds < HOUR_S ? MINUTE_S : HOUR_S
  const whole = Math.floor(apart_seconds / unit) * unit
  return { word: 'duplicates.time.apart', values: { time: ageOf(whole / DAY_S) } } as const
}

function categoriesOf({ category: mine }: Incident, { category: its }: Incident) {
  const known = [mine, its].find((value) => value !== 'unknown')
  if (known === undefined) return { word: 'duplicates.category.neither', values: {} } as const
  const word = mine === its ? 'duplicates.category.same' : 'duplicates.category.one'
  return { word, values: { value: term('category', known) } } as const
}

function outcomesOf({ outcome: mine }: Incident, { outcome: its }: Incident) {
  const known = [mine, its].filter((value) => value !== 'unknown')
  const [first, second] = known
  if (first === undefined) return { word: 'duplicates.outcome.neither', values: {} } as const
  if (second !== undefined && first !== second) {
    return {
      word: 'duplicates.outcome.alike',
      values: { mine: term('incident.outcome', first), its: term('incident.outcome', second) },
    } as const
  }
  const word = second === undefined ? 'duplicates.outcome.one' : 'duplicates.outcome.same'
  return { word, values: { value: term('incident.outcome', first) } } as const
}
