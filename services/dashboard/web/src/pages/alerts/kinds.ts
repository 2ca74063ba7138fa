/** The mark of each kind of alert, beside its word: each is told from the others in black and white. */
import type { Alert, AlertExplanation, Delivery, Source, Subscription } from '../../api/shapes'
import type { Word } from '../../words/words.svelte'

export const KIND_MARK: Record<Alert['kind'], string> = {
  issued: '▲',
  updated: '◆',
  renewed: '↻',
  downgraded: '▽',
  cancelled: '✕',
}

export const STATE_WORD: Record<Subscription['state'], Word> = {
  active: 'subs.state.active',
  paused: 'subs.state.paused',
  disabled: 'subs.state.disabled',
}

export const PROOF_WORD: Record<NonNullable<Subscription['proof']>['state'], Word> = {
  pending: 'subs.proof.pending',
  proved: 'subs.proof.proved',
  failed: 'subs.proof.failed',
}

export const DELIVERY_WORD: Record<Delivery['state'], Word> = {
  pending: 'subs.delivery.pending',
  delivered: 'subs.delivery.delivered',
  dead: 'subs.delivery.dead',
}

export const SOURCE_KIND_WORD: Record<Source['kind'], Word> = {
  reporting_cell: 'sources.kind.reporting_cell',
  import: 'sources.kind.import',
  consumer: 'sources.kind.consumer',
  relay: 'sources.kind.relay',
}

export const SOURCE_STATE_WORD: Record<Source['state'], Word> = {
  heard: 'sources.state.heard',
  silent: 'sources.state.silent',
  never_heard: 'sources.state.never',
}

/** Of the clauses of an explanation; the server may have more of them than this page knows. */
const CLAUSE_WORD: Partial<Record<AlertExplanation['clauses'][number]['name'], Word>> = {
  area: 'filter.area',
  categories: 'filter.categories',
  min_severity: 'filter.severity',
  statuses: 'filter.statuses',
  hazard_states: 'filter.hazards',
  min_grade: 'filter.grade',
  tlp_max: 'filter.tlp',
  exercises: 'filter.exercises',
  sources: 'filter.sources',
  news: 'filter.news',
  subscribed: 'filter.subscribed',
}

export function wordOfClause(name: string): Word | null {
  return CLAUSE_WORD[name] ?? null
}

const DECISION_WORD: Partial<Record<string, Word>> = {
  not_news: 'alerts.decision.not_news',
  no_matter: 'alerts.decision.no_matter',
  outside: 'alerts.decision.outside',
}

/** Of a decision that raised no alert; null for the kinds of alert. */
export function wordOfDecision(decision: string): Word | null {
  return DECISION_WORD[decision] ?? null
}
