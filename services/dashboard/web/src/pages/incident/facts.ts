/** The facts of an incident in the order in which they are asked for, and which of them the key may not read. */
import type { Incident } from '../../api/shapes'
import { EARTH_M } from '../../map/metres'
import { valueAt } from './differences'

export interface Group {
  name: 'what' | 'effect' | 'when' | 'where' | 'sharing'
  paths: readonly string[]
}

export const GROUPS: readonly Group[] = [
  { name: 'what', paths: ['category', 'outcome', 'delivery', 'actuation', 'target', 'activity', 'priority'] },
  {
    name: 'effect',
    paths: [
      'casualties',
      'protective_measures',
      'impact.road_passable',
      'impact.mission_impact',
      'impact.vehicles_damaged',
      'impact.vehicles_destroyed',
    ],
  },
  { name: 'when', paths: ['time.occurred_at', 'time.earliest', 'time.latest', 'time.reported_at', 'time.recorded_at'] },
  {
    name: 'where',
    paths: [
      'location.place_name',
      'location.admin2',
      'location.admin1',
      'location.admin0',
      'location.setting',
      'location.chainage_m',
    ],
  },
  { name: 'sharing', paths: ['sharing.releasable_to', 'sharing.retention_until', 'external_refs'] },
]

/** What two incidents are compared by, to see whether they are the same event. */
export const COMPARED: readonly string[] = [
  'time.occurred_at',
  'time.earliest',
  'time.latest',
  'location.point',
  'location.uncertainty_m',
  'location.place_name',
  'category',
  'outcome',
  'hazard_state',
  'status',
  'exercise',
  'delivery',
  'target',
  'activity',
  'casualties',
  'grading.source_reliability',
  'grading.info_credibility',
  'reports',
  'sharing.tlp',
  'sharing.classification',
  'narrative',
]

/** Says nothing, so that it does not hide what is said. */
const EMPTY: readonly unknown[] = [null, '', 'unknown', 'not_applicable']

/** The facts of a group that say something, or that the key may not read. */
export function said(group: Group, incident: Incident): { path: string; value: unknown; isHidden: boolean }[] {
  return group.paths
    .map((path) => ({ path, value: valueAt(incident, path), isHidden: isLeftOut(path, incident) }))
    .filter(({ value, isHidden }) => isHidden || !(EMPTY.includes(value) || (Array.isArray(value) && !value.length)))
}

export function isLeftOut(path: string, incident: Pick<Incident, 'left_out'>): boolean {
  return (incident.left_out ?? []).some((hidden) => path === hidden || path.startsWith(`${hidden}.`))
}

/** The box around a point, as the list asks for it; it may cross the antimeridian. */
export function boxAround([longitude = 0, latitude = 0]: readonly number[], metres: number): string {
  const up = (metres / EARTH_M) * (180 / Math.PI)
  const side = Math.min(179, up / Math.max(0.01, Math.cos((latitude * Math.PI) / 180)))
  const turned = (degrees: number) => ((((degrees + 180) % 360) + 360) % 360) - 180
  const parts = [
    turned(longitude - side),
    Math.max(-90, latitude - up),
    turned(longitude + side),
    Math.min(90, latitude + up),
  ]
  return parts.map((degrees) => degrees.toFixed(5)).join(',')
}
