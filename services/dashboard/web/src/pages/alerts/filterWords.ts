/** A filter in words: a sentence for each clause that narrows it, the place first. */
import type { Area, Filter } from '../../api/shapes'
import type { Word } from '../../words/words.svelte'

/** The texts and numbers of the language that is spoken. */
export interface Speech {
  say(word: Word, values?: Record<string, string | number | Date>): string
  term(group: string, value: string): string
  /** Metres as a person reads them. */
  distance(metres: number): string
  list(items: string[]): string
  /** The name of a route, where it is known. */
  route(id: string): string | null
}

/** What a subscriber who names no category is warned of, as the API documents it. */
export const EXPLOSIVE_HAZARDS = [
  'ammunition_storage',
  'grenade',
  'ied',
  'landmine',
  'other_explosive',
  'unknown',
  'uxo_erw',
] as const satisfies Filter['categories']

export const TLP_WORD: Record<Filter['tlp_max'], string> = {
  clear: 'TLP:CLEAR',
  green: 'TLP:GREEN',
  amber: 'TLP:AMBER',
  amber_strict: 'TLP:AMBER+STRICT',
  red: 'TLP:RED',
}

export function sentencesOf(filter: Filter, speech: Speech): string[] {
  return [
    placeOf(filter.area, speech),
    accuracyOf(filter, speech),
    categoriesOf(filter, speech),
    severityOf(filter, speech),
    someOf('status', 'filter.says.statuses', filter.statuses, speech),
    someOf('hazard', 'filter.says.hazards', filter.hazard_states, speech),
    ...gradesOf(filter, speech),
    filter.tlp_max === 'red' ? null : speech.say('filter.says.tlp', { tlp: TLP_WORD[filter.tlp_max] }),
    exercisesOf(filter, speech),
    sourcesOf(filter, speech),
  ].filter((sentence) => sentence !== null)
}

export function placeOf(area: Area, { say, distance, route }: Speech): string {
  switch (area.type) {
    case 'everything':
      return say('filter.says.everything')
    case 'circle':
      return say('filter.says.circle', { radius: distance(area.radius_m) })
    case 'polygon':
      return say('filter.says.polygon')
    case 'corridor':
      return say('filter.says.corridor', { width: distance(area.width_m) })
    case 'route': {
      const name = route(area.route_id)
      const width = distance(area.width_m)
      return name === null ? say('filter.says.route.unknown', { width }) : say('filter.says.route', { width, name })
    }
  }
}

function accuracyOf({ accuracy, area }: Filter, { say }: Speech): string | null {
  if (area.type === 'everything') return null
  return say(accuracy === 'contains' ? 'filter.says.contains' : 'filter.says.touches')
}

function categoriesOf({ categories }: Filter, speech: Speech): string {
  const isAll = EXPLOSIVE_HAZARDS.every((category) => categories.includes(category))
  if (isAll) return speech.say('filter.says.categories.all')
  const warning = categories.filter((category) => category !== 'not_explosive')
  if (warning.length === 0) return speech.say('filter.says.categories.none')
  return speech.say('filter.says.categories', { categories: speech.list(terms('category', warning, speech)) })
}

function severityOf({ min_severity }: Filter, { say, term }: Speech): string | null {
  return min_severity === 'minor' ? null : say('filter.says.severity', { severity: term('severity', min_severity) })
}

function someOf(group: string, word: Word, values: readonly string[], speech: Speech): string | null {
  return values.length === 0 ? null : speech.say(word, { values: speech.list(terms(group, values, speech)) })
}

function gradesOf({ min_grade }: Filter, { say }: Speech): (string | null)[] {
  const { reliability, credibility } = min_grade
  return [
    reliability ? say('filter.says.reliability', { grade: reliability }) : null,
    credibility ? say('filter.says.credibility', { grade: String(credibility) }) : null,
  ]
}

function exercisesOf({ exercises }: Filter, { say }: Speech): string | null {
  if (exercises === 'exclude') return null
  return say(exercises === 'only' ? 'filter.says.exercises.only' : 'filter.says.exercises.include')
}

function sourcesOf({ sources }: Filter, { say }: Speech): string {
  if (sources === 'include') return say('filter.says.sources.include')
  return say(sources === 'only' ? 'filter.says.sources.only' : 'filter.says.sources.exclude')
}

function terms(group: string, values: readonly string[], { term }: Speech): string[] {
  return values.map((value) => term(group, value))
}
