/** What can be done with an incident in its present state, by whom. The server decides: this says what to offer. */
import type { Incident } from '../../api/shapes'

export type ActionName =
  | 'review'
  | 'verify'
  | 'confirm'
  | 'grade'
  | 'claim'
  | 'dismiss'
  | 'close'
  | 'reopen'
  | 'unmerge'
  | 'correct'
  | 'add_report'
  | 'set_hazard'
  | 'dispute'
  | 'merge'
  | 'retract'

type Status = Incident['status']

interface Rule {
  permission: 'incidents:report' | 'incidents:assess'
  from: readonly Status[]
  when?: (incident: Incident) => boolean
}

const LIVE: readonly Status[] = ['reported', 'under_review', 'verified', 'disputed', 'closed']
const HARMLESS: readonly Incident['hazard_state'][] = ['cleared', 'none']

/** In the order in which an incident lives: what ends it is last. */
const RULES: Record<ActionName, Rule> = {
  review: { permission: 'incidents:assess', from: ['reported', 'disputed'] },
  verify: { permission: 'incidents:assess', from: ['under_review'] },
  confirm: { permission: 'incidents:assess', from: LIVE, when: isClaimed },
  grade: { permission: 'incidents:assess', from: LIVE },
  claim: {
    permission: 'incidents:report',
    from: LIVE,
    when: (incident) => !isHarmless(incident) && incident.clearance === null,
  },
  dismiss: { permission: 'incidents:report', from: LIVE, when: isClaimed },
  close: { permission: 'incidents:assess', from: ['verified'] },
  reopen: { permission: 'incidents:assess', from: ['closed'] },
  unmerge: { permission: 'incidents:assess', from: ['merged'] },
  correct: { permission: 'incidents:report', from: LIVE },
  add_report: { permission: 'incidents:report', from: LIVE },
  set_hazard: { permission: 'incidents:report', from: LIVE },
  dispute: { permission: 'incidents:assess', from: ['reported', 'under_review', 'verified'] },
  merge: { permission: 'incidents:assess', from: LIVE },
  retract: { permission: 'incidents:assess', from: LIVE },
}

/** `may` says whether the key has a permission. */
export function possible(incident: Incident, may: (permission: string) => boolean): ActionName[] {
  return (Object.keys(RULES) as ActionName[]).filter((name) => {
    const { permission, from, when } = RULES[name]
    return may(permission) && from.includes(incident.status) && (when?.(incident) ?? true)
  })
}

export function isHarmless(incident: Pick<Incident, 'hazard_state'>): boolean {
  return HARMLESS.includes(incident.hazard_state)
}

function isClaimed(incident: Incident): boolean {
  return incident.clearance?.state === 'claimed'
}

/** The states that a report may give to the hazard. One that stands is made less by a clearance alone. */
export function hazardsToSet(incident: Incident): readonly Incident['hazard_state'][] {
  const standing: readonly Incident['hazard_state'][] = ['active', 'suspected', 'marked', 'unknown']
  if (incident.status === 'closed') return isHarmless(incident) ? HARMLESS : []
  return isHarmless(incident) ? [...standing, ...HARMLESS] : standing
}

/** Why the server will refuse it as things stand, where that can be seen from here. */
export function obstacle(name: ActionName, incident: Incident): 'two_reports' | 'hazard_stands' | 'closed' | null {
  const isSeen = incident.form === 'full'
  if (name === 'verify' && isSeen && incident.grading.info_credibility > 2 && incident.reports.length < 2)
    return 'two_reports'
  if (name === 'close' && !isHarmless(incident)) return 'hazard_stands'
  if (name === 'set_hazard' && hazardsToSet(incident).length === 0) return 'closed'
  return null
}
