/** An incident for tests. */
import type { Alert, Incident } from '../../api/shapes'

export function sample(more: Partial<Incident> = {}): Incident {
  const at = '2026-11-01T08:00:00Z'
  return {
    incident_id: '01a22615-fabf-7447-ab45-a778a2629809',
    mission: 'training',
    revision: 3,
    form: 'full',
    left_out: [],
    withheld: [],
    history: '',
    exercise: false,
    category: 'ied',
    outcome: 'found_marked',
    hazard_state: 'suspected',
    status: 'reported',
    delivery: 'unknown',
    actuation: 'unknown',
    target: 'unknown',
    activity: 'unknown',
    priority: 'indirect',
    casualties: [],
    impact: { road_passable: 'unknown', mission_impact: null, vehicles_damaged: null, vehicles_destroyed: null },
    protective_measures: ['cordon'],
    narrative: 'Object at the culvert.',
    external_refs: [],
    time: { occurred_at: at, earliest: at, latest: at, precision: 'minute', reported_at: at, recorded_at: at },
    location: {
      point: { type: 'Point', coordinates: [-3.9962, 17.0421] },
      uncertainty_m: 25,
      precision: 'gps',
      setting: 'road',
      place_name: 'Culvert',
      mgrs: null,
    },
    sharing: { tlp: 'amber', classification: 'unclassified', releasable_to: [] },
    reports: [reportOf('Convoy 12')],
    grading: { source_reliability: 'F', info_credibility: 6 },
    links: { merged_into: null, merged_from: [], related: [] },
    retraction: null,
    clearance: null,
    audit: { created_by: 'a', created_at: at, updated_at: at },
    ...more,
  }
}

export function reportOf(organisation: string): Incident['reports'][number] {
  return {
    report_id: organisation,
    organisation,
    role: 'unknown',
    channel: 'radio',
    received_at: '2026-11-01T08:05:00Z',
  }
}

export function claimed(state: 'claimed' | 'confirmed'): Incident['clearance'] {
  return {
    state,
    hazard_state: 'cleared',
    organisation: 'EOD 2',
    method: 'removed',
    at: '2026-11-01T10:00:00Z',
    claimed_by: 'a',
  }
}

export function alertOf(subscription_id: string, sequence: number, kind: Alert['kind']): Alert {
  return { subscription_id, sequence, kind, alert_id: `${subscription_id} ${sequence}` } as Alert
}
