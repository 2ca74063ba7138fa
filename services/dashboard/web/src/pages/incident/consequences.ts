/** Whom an action tells what, before it is done: from the alerts that were issued about the incident so far. */
import type { Alert, Incident } from '../../api/shapes'
import { isHarmless, type ActionName } from './actions'
import { isSame } from './differences'

/** What those who were told before will get. `possibly`: an update, if what changes matters to a warning. */
export type Effect = 'cancelled' | 'updated' | 'possibly' | 'nothing'

export interface Consequence {
  effect: Effect
  /** The subscriptions that were told of the incident, and not yet that it ended. */
  told: number
  /** Whether someone may be warned for the first time. How many cannot be known here: their filters decide. */
  mayWarnOthers: boolean
}

/** What each subscription was told last. */
export function lastTold(alerts: readonly Alert[]): Map<string, Alert> {
  const last = new Map<string, Alert>()
  for (const alert of alerts) {
    const known = last.get(alert.subscription_id)
    if (known === undefined || known.sequence < alert.sequence) last.set(alert.subscription_id, alert)
  }
  return last
}

/** The subscriptions whose warning stands. */
export function stillWarned(alerts: readonly Alert[]): number {
  return [...lastTold(alerts).values()].filter(({ kind }) => kind !== 'cancelled').length
}

/** What a warning says: a correction of anything else tells nobody. A place that moves a little may tell nobody. */
const SAID = ['category', 'outcome', 'exercise', 'casualties', 'location.point', 'location.uncertainty_m']
/** What the severity and the urgency of a warning also follow from. */
const FELT = ['time.occurred_at', 'time.latest', 'time.precision', 'location.precision']
/** What a filter may ask for beside that. */
const FILTERED = ['sharing.tlp', 'sharing.classification', 'sharing.releasable_to', 'location.route_id']

/** `changed`: the names of the fields that the form changes, as they are in the incident. */
export function consequenceOf(
  action: ActionName,
  incident: Incident,
  alerts: readonly Alert[],
  changed: readonly string[] = [],
): Consequence {
  const [effect, mayWarnOthers] = EFFECTS[action](incident, changed)
  return { effect, told: stillWarned(alerts), mayWarnOthers }
}

type Rule = (incident: Incident, changed: readonly string[]) => [Effect, boolean]

const touches = (changed: readonly string[], fields: readonly string[]) => changed.some((name) => fields.includes(name))

const EFFECTS: Record<ActionName, Rule> = {
  retract: () => ['cancelled', false],
  // What the survivor takes over may warn those who were never told of either.
  merge: () => ['cancelled', true],
  unmerge: () => ['nothing', true],
  close: (incident) => [isHarmless(incident) ? 'cancelled' : 'updated', false],
  reopen: () => ['updated', true],
  claim: () => ['updated', false],
  confirm: () => ['updated', false],
  dismiss: () => ['updated', false],
  set_hazard: (_, changed) => (touches(changed, ['hazard_state']) ? ['updated', true] : ['nothing', false]),
  grade: (_, changed) => [touches(changed, ['grading.info_credibility']) ? 'updated' : 'nothing', changed.length > 0],
  // The status changes alone, which a warning does not say; but a filter may ask for it.
  review: () => ['possibly', true],
  verify: () => ['possibly', true],
  dispute: () => ['possibly', true],
  add_report: () => ['nothing', false],
  correct: (_, changed) => {
    if (!touches(changed, [...SAID, ...FELT])) return ['nothing', touches(changed, FILTERED)]
    return [touches(changed, ['category', 'outcome', 'exercise']) ? 'updated' : 'possibly', true]
  },
}

/** The names of the fields in which two drafts differ. */
export function changedNames(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>) {
  return Object.keys(after).filter((name) => !isSame(before[name] ?? null, after[name] ?? null))
}
