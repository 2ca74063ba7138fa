/** A report as it is typed: what is asked, and what is answered so far. It is kept on the device as it is. */
import type { HazardState, NineLineForm, TimePrecision } from '../api/schema'
import type { NineLine, SentReport } from '../api/shapes'

export const CATEGORIES: readonly SentReport['category'][] = [
  'ied',
  'landmine',
  'uxo_erw',
  'grenade',
  'ammunition_storage',
  'other_explosive',
  'not_explosive',
  'unknown',
]

export const OUTCOMES: readonly NonNullable<SentReport['outcome']>[] = [
  'found_not_cleared',
  'found_marked',
  'found_cleared',
  'detonated',
  'partial',
  'cache_recovered',
  'hoax',
  'false_alarm',
  'unknown',
]

export const HAZARDS: readonly HazardState[] = ['active', 'suspected', 'marked', 'cleared', 'none', 'unknown']

/** How closely a person knows a time of today or yesterday. */
export const PRECISIONS = ['minute', 'hour', 'day'] as const satisfies readonly TimePrecision[]

export type Line = keyof NineLineForm
export const LINES: readonly Line[] = [
  'line_1_date_time_group',
  'line_2_reporting_unit_and_location',
  'line_3_contact_method',
  'line_4_type_of_ordnance',
  'line_5_cbrn_contamination',
  'line_6_resources_threatened',
  'line_7_impact_on_mission',
  'line_8_protective_measures',
  'line_9_recommended_priority',
]

/** A place that was given, by one of these ways; in degrees of WGS-84. */
export interface Place {
  by: 'device' | 'mgrs' | 'map' | 'heard'
  longitude: number
  latitude: number
  /** The radius in metres of the circle that holds the true point. */
  uncertaintyM: number
}

/** A fact by its field in the API, as `impact.road_passable`. */
export interface Fact {
  field: string
  value: unknown
}

/** A nine-line text as it was heard. */
export interface Heard {
  text: string
  /** What the server understood of it, and the text that it read: the person may have changed it since. */
  reading: { text: string; answer: NineLine } | null
  /** The facts of the reading that no question asks for. They go with the report. */
  rest: Fact[]
}

export interface Draft {
  category: SentReport['category'] | null
  outcome: NonNullable<SentReport['outcome']> | null
  /** Null: what the outcome says. */
  hazard: HazardState | null
  place: Place | null
  placeName: string
  /** The moment, as ISO 8601 in UTC. */
  at: string | null
  precision: (typeof PRECISIONS)[number]
  narrative: string
  exercise: boolean
  organisation: string
  role: string
  nineLine: Partial<Record<Line, string>>
  heard?: Heard
}

/** Who reports: the same for one device's reports, mostly. */
export type Reporter = Pick<Draft, 'organisation' | 'role'>

export function emptyDraft(reporter: Reporter): Draft {
  return {
    category: null,
    outcome: null,
    hazard: null,
    place: null,
    placeName: '',
    at: null,
    precision: 'minute',
    narrative: '',
    exercise: false,
    nineLine: {},
    ...reporter,
  }
}

/** Whether a person answered anything: an empty form is not kept. */
export function isEmpty(draft: Draft): boolean {
  const { organisation, role } = draft
  return JSON.stringify(draft) === JSON.stringify({ ...emptyDraft({ organisation, role }), organisation, role })
}
