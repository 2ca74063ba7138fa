/** The fields of an incident as people read them: their names and their values in words. */
import type { Incident } from '../api/shapes'
import { say, term } from '../words/words.svelte'
import { degreesOf, spaced, type Position } from './places'
import { momentOf, utcOf } from './times'

/** The group of words of each field that has one. */
const WORDS: Readonly<Record<string, string>> = {
  category: 'category',
  hazard_state: 'hazard',
  status: 'status',
  outcome: 'incident.outcome',
  actuation: 'incident.actuation',
  delivery: 'incident.delivery',
  target: 'incident.target',
  activity: 'incident.activity',
  priority: 'incident.priority',
  protective_measures: 'incident.measure',
  'location.precision': 'incident.place_precision',
  'location.setting': 'incident.setting',
  'time.precision': 'incident.time_precision',
  'impact.road_passable': 'incident.passable',
  'impact.mission_impact': 'incident.mission_impact',
  'sharing.tlp': 'incident.tlp',
  'sharing.classification': 'incident.classification',
  'grading.source_reliability': 'incident.reliability',
  'grading.info_credibility': 'incident.credibility',
  'clearance.state': 'incident.clearance_state',
  'clearance.hazard_state': 'hazard',
  'clearance.method': 'incident.method',
  'retraction.reason': 'incident.retraction',
}

/** Of these the letter or the number stands before the words: both are said on a radio. */
const GRADES: readonly string[] = ['incident.reliability', 'incident.credibility']

/** A word of the API in the language of the person; nothing for none. */
export function worded(group: string, value: string): string {
  if (value === '') return say('incident.none')
  return (GRADES.includes(group) ? `${value} – ` : '') + term(group, value)
}

export function labelOf(path: string): string {
  return term('incident.field', path.replaceAll('.', '_'))
}

/** With UTC beside it. */
export function momentWithUtc(at: string | Date): string {
  const date = new Date(at)
  const utc = utcOf(date)
  return utc ? `${momentOf(date)} (${utc})` : momentOf(date)
}

/** Nothing beside it: a text that a person wrote may begin with a time. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/

export function valueOf(path: string, value: unknown): string {
  const group = WORDS[path]
  if (value === null || value === undefined || value === '') return say('incident.none')
  if (typeof value === 'boolean') return say(value ? 'incident.yes' : 'incident.no')
  if (path === 'casualties') return hurtOf(value as Incident['casualties'])
  if (path === 'reports') return reportsOf(value as Incident['reports'])
  if (path === 'location.mgrs') return spaced(String(value))
  if (Array.isArray(value)) {
    if (value.length === 0) return say('incident.none')
    return value.map((item) => (group ? term(group, String(item)) : plain(item))).join(', ')
  }
  if (isPoint(value)) return degreesOf(value.coordinates)
  if (typeof value === 'object') return partsOf(path, value)
  if (group) return worded(group, String(value))
  if (path.endsWith('_m')) return say('incident.metres', { metres: Number(value) })
  return typeof value === 'string' && INSTANT.test(value) ? momentWithUtc(value) : String(value)
}

function isPoint(value: unknown): value is { coordinates: Position } {
  return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'Point'
}

/** What appears as a whole, such as a clearance: each of its parts with its name. */
function partsOf(path: string, value: object): string {
  return Object.entries(value)
    .filter(([, part]) => part !== null && part !== '')
    .map(([name, part]) => `${labelOf(`${path}.${name}`)}${say('colon')} ${valueOf(`${path}.${name}`, part)}`)
    .join(' · ')
}

/** Why a revision was made: a person's words, or a reason of the API's own. */
export function reasonOf(kind: string, reason: string): string {
  return kind === 'retracted' ? valueOf('retraction.reason', reason) : reason
}

function plain(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (isPoint(value)) return degreesOf(value.coordinates)
  return Object.values(value)
    .filter((part) => part !== null && part !== '')
    .map(plain)
    .join(' ')
}

type Hurt = Incident['casualties'][number]
/** Of a report that is not sent yet, where what is not known may be left out. */
type SentHurt = Omit<Hurt, Unknown> & Partial<Pick<Hurt, Unknown>>
type Unknown = 'affiliation' | 'sex' | 'age_band'

export function hurtOf(casualties: readonly SentHurt[]): string {
  if (casualties.length === 0) return say('incident.casualties.none')
  return casualties
    .map(({ outcome, low, best, high, affiliation, sex, age_band }) => {
      const known = [
        named('incident.affiliation', affiliation),
        named('incident.sex', sex),
        named('incident.age', age_band),
      ].filter(Boolean)
      const range = low === high ? String(best) : say('incident.casualties.range', { best, low, high })
      return `${range} ${term('incident.hurt', outcome)}${known.length ? ` (${known.join(', ')})` : ''}`
    })
    .join('; ')
}

function named(group: string, value = 'unknown'): string {
  return value === 'unknown' ? '' : term(group, value)
}

function reportsOf(reports: Incident['reports']): string {
  if (reports.length === 0) return say('incident.none')
  const nameOf = (organisation: string) => (organisation === 'unknown' ? say('incident.reports.unknown') : organisation)
  return reports
    .map(({ organisation, channel }) => `${nameOf(organisation)} (${term('incident.channel', channel)})`)
    .join('; ')
}
