/** What each action asks for. */
import type { Incident } from '../../api/shapes'
import { hazardsToSet, isHarmless, type ActionName } from './actions'
import { typedMoment, type Field } from './draft'
import { isLeftOut } from './facts'
import * as words from './vocabulary'

const NOTE: Field = { name: 'reason', kind: 'text', most: 500 }
const REASON: Field = { ...NOTE, required: true }
const choice = (name: string, options: readonly string[], group: string): Field => ({
  name,
  path: name,
  kind: 'choice',
  options,
  group,
})
const fact = (name: string, kind: Field['kind'], more: Partial<Field> = {}): Field => ({
  name,
  path: name,
  kind,
  ...more,
})

/** The facts that a correction may change. The hazard, the grades and the status have commands of their own. */
const FACTS: readonly Field[] = [
  choice('category', words.CATEGORIES, 'category'),
  choice('outcome', words.OUTCOMES, 'incident.outcome'),
  fact('exercise', 'flag'),
  fact('location.point', 'place', { required: true }),
  choice('location.precision', words.PLACE_PRECISIONS, 'incident.place_precision'),
  fact('location.uncertainty_m', 'number'),
  fact('location.place_name', 'line', { most: 200 }),
  fact('location.admin0', 'line', { most: 3 }),
  fact('location.admin1', 'line', { most: 200 }),
  fact('location.admin2', 'line', { most: 200 }),
  choice('location.setting', words.SETTINGS, 'incident.setting'),
  fact('location.chainage_m', 'number'),
  fact('time.occurred_at', 'moment'),
  choice('time.precision', words.TIME_PRECISIONS, 'incident.time_precision'),
  fact('time.earliest', 'moment'),
  fact('time.latest', 'moment'),
  fact('time.reported_at', 'moment'),
  choice('delivery', words.DELIVERIES, 'incident.delivery'),
  choice('actuation', words.ACTUATIONS, 'incident.actuation'),
  choice('target', words.TARGETS, 'incident.target'),
  choice('activity', words.ACTIVITIES, 'incident.activity'),
  fact('casualties', 'casualties'),
  choice('impact.road_passable', words.PASSABLES, 'incident.passable'),
  choice('impact.mission_impact', ['', ...words.MISSION_IMPACTS], 'incident.mission_impact'),
  fact('impact.vehicles_damaged', 'number'),
  fact('impact.vehicles_destroyed', 'number'),
  fact('protective_measures', 'several', { options: words.MEASURES, group: 'incident.measure' }),
  choice('priority', words.PRIORITIES, 'incident.priority'),
  fact('narrative', 'text', { most: 4000 }),
  choice('sharing.tlp', words.TLPS, 'incident.tlp'),
  choice('sharing.classification', words.CLASSIFICATIONS, 'incident.classification'),
  fact('sharing.releasable_to', 'lines'),
  fact('sharing.retention_until', 'moment'),
  fact('links.related', 'lines'),
]

export const LINES = [
  'line_1_date_time_group',
  'line_2_reporting_unit_and_location',
  'line_3_contact_method',
  'line_4_type_of_ordnance',
  'line_5_cbrn_contamination',
  'line_6_resources_threatened',
  'line_7_impact_on_mission',
  'line_8_protective_measures',
  'line_9_recommended_priority',
] as const

const REPORT: readonly Field[] = [
  { name: 'organisation', kind: 'line', required: true, most: 200 },
  { name: 'role', kind: 'line', most: 200 },
  { name: 'channel', kind: 'choice', options: words.CHANNELS, group: 'incident.channel', first: 'radio' },
  { name: 'received_at', kind: 'moment' },
  { name: 'contact_ref', kind: 'line', most: 200 },
  ...LINES.map((line): Field => ({ name: `nine_line.${line}`, kind: 'line', most: 500 })),
]

/** `isClaimant`: whether this key claimed the clearance, as far as is known. */
export function fieldsOf(action: ActionName, incident: Incident, now: Date, isClaimant: boolean): readonly Field[] {
  switch (action) {
    case 'review':
      return []
    case 'verify':
    case 'unmerge':
      return [NOTE]
    case 'dispute':
    case 'dismiss':
    case 'reopen':
      return [REASON]
    case 'grade':
      return [
        choice('grading.source_reliability', words.RELIABILITIES, 'incident.reliability'),
        choice('grading.info_credibility', words.CREDIBILITIES, 'incident.credibility'),
      ]
    case 'correct':
      // A reduced incident does not say what the hidden facts are, so they cannot be corrected from here.
      return [...FACTS.filter(({ name }) => !isLeftOut(name, incident)), NOTE]
    case 'add_report':
      return REPORT
    case 'set_hazard':
      return [choice('hazard_state', withPresent(hazardsToSet(incident), incident.hazard_state), 'hazard'), NOTE]
    case 'claim':
      return [
        { name: 'hazard_state', kind: 'choice', options: ['cleared', 'none'], group: 'hazard', first: 'cleared' },
        { name: 'organisation', kind: 'line', required: true, most: 200 },
        { name: 'method', kind: 'choice', options: words.METHODS, group: 'incident.method', first: 'unknown' },
        { name: 'at', kind: 'moment', required: true, first: typedMoment(now.toISOString()) },
        { name: 'extent', kind: 'text', most: 500 },
        { name: 'reference', kind: 'line', most: 200 },
        NOTE,
      ]
    case 'confirm':
      // Whether another key of the same person claimed it is known to the server alone.
      return isClaimant ? [{ ...REASON, name: 'override_reason' }] : [NOTE, { ...NOTE, name: 'override_reason' }]
    case 'close':
      return isHarmless(incident) ? [] : [{ ...REASON, name: 'override_reason' }]
    case 'merge':
      return [
        { name: 'survivor_id', kind: 'incident', required: true },
        {
          name: 'casualties',
          kind: 'choice',
          options: ['survivor', 'merged'],
          group: 'incident.casualties_of',
          first: 'survivor',
        },
        NOTE,
      ]
    case 'retract':
      return [
        { name: 'reason', kind: 'choice', options: words.RETRACTIONS, group: 'incident.retraction', required: true },
        { ...NOTE, name: 'note' },
      ]
  }
}

function withPresent(options: readonly string[], present: string): readonly string[] {
  return options.includes(present) ? options : [present, ...options]
}
