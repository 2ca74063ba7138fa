/** The API's words about routes, by the texts that the pages have for them: a new word breaks the type check. */
import type { Clearance, Pass } from '../../api/shapes'
import { say, type Word } from '../../words/words.svelte'

const METHODS = {
  visual: 'routes.method.visual',
  detector: 'routes.method.detector',
  dogs: 'routes.method.dogs',
  mechanical: 'routes.method.mechanical',
  combined: 'routes.method.combined',
  other: 'routes.method.other',
  unknown: 'routes.method.unknown',
} as const satisfies Record<Clearance['method'], Word>

const SEARCHES = {
  nothing_found: 'routes.search.nothing_found',
  found_and_cleared: 'routes.search.found_and_cleared',
  found_not_cleared: 'routes.search.found_not_cleared',
  incomplete: 'routes.search.incomplete',
} as const satisfies Record<Clearance['result'], Word>

const PASSES = {
  nothing_seen: 'routes.passed.nothing_seen',
  signs_seen: 'routes.passed.signs_seen',
  incident: 'routes.passed.incident',
  turned_back: 'routes.passed.turned_back',
} as const satisfies Record<Pass['result'], Word>

const KINDS = {
  patrol: 'routes.pass.patrol',
  convoy: 'routes.pass.convoy',
  escort: 'routes.pass.escort',
  civilian: 'routes.pass.civilian',
  other: 'routes.pass.other',
  unknown: 'routes.pass.unknown',
} as const satisfies Record<Pass['kind'], Word>

export const METHOD_NAMES = Object.keys(METHODS) as Clearance['method'][]
export const SEARCH_NAMES = Object.keys(SEARCHES) as Clearance['result'][]
export const PASS_NAMES = Object.keys(PASSES) as Pass['result'][]
export const KIND_NAMES = Object.keys(KINDS) as Pass['kind'][]

const RESULTS: Record<string, Word> = { ...SEARCHES, ...PASSES }
const WAYS: Record<'clearance' | 'pass', Record<string, Word>> = { clearance: METHODS, pass: KINDS }

/** The text of a result, or the word itself where a newer server has one more. */
export function resultOf(result: string): string {
  const word = RESULTS[result]
  return word ? say(word) : result
}

/** The text of the method of a clearance, or the kind of a pass. */
export function wayOf(kind: 'clearance' | 'pass', way: string): string {
  const word = WAYS[kind][way]
  return word ? say(word) : way
}
