/** The API's own words, each list complete: the type check fails when the API gets another one. */
import type {
  Activity,
  Actuation,
  Affiliation,
  AgeBand,
  CasualtyOutcome,
  Channel,
  ClearanceMethod,
  Classification,
  Delivery,
  LocationPrecision,
  MissionImpact,
  Passable,
  Priority,
  ProtectiveMeasure,
  RetractionReason,
  Setting,
  Sex,
  SourceReliability,
  Target,
  TimePrecision,
  Tlp,
} from '../../api/schema'
import type { Incident } from '../../api/shapes'

function all<Word extends string>(words: Record<Word, 0>): readonly Word[] {
  return Object.keys(words) as Word[]
}

export const CATEGORIES = all<Incident['category']>({
  ied: 0,
  landmine: 0,
  uxo_erw: 0,
  grenade: 0,
  ammunition_storage: 0,
  other_explosive: 0,
  not_explosive: 0,
  unknown: 0,
})
export const HAZARDS = all<Incident['hazard_state']>({
  active: 0,
  suspected: 0,
  marked: 0,
  unknown: 0,
  cleared: 0,
  none: 0,
})
export const OUTCOMES = all<Incident['outcome']>({
  detonated: 0,
  partial: 0,
  found_cleared: 0,
  found_marked: 0,
  found_not_cleared: 0,
  cache_recovered: 0,
  hoax: 0,
  false_alarm: 0,
  unknown: 0,
})
export const ACTUATIONS = all<Actuation>({
  victim_operated: 0,
  command: 0,
  time: 0,
  combination: 0,
  suicide_body_borne: 0,
  vehicle_borne: 0,
  unknown: 0,
  not_applicable: 0,
})
export const DELIVERIES = all<Delivery>({
  roadside: 0,
  vehicle_borne: 0,
  body_borne: 0,
  complex_attack: 0,
  cached: 0,
  other: 0,
  unknown: 0,
})
export const TARGETS = all<Target>({
  un_convoy: 0,
  un_foot_patrol: 0,
  un_base: 0,
  national_forces: 0,
  humanitarian: 0,
  civilian_vehicle: 0,
  civilian_place: 0,
  infrastructure: 0,
  unknown: 0,
})
export const ACTIVITIES = all<Activity>({
  patrol: 0,
  convoy: 0,
  clearance: 0,
  escort: 0,
  stationary: 0,
  civilian_travel: 0,
  farming: 0,
  other: 0,
  unknown: 0,
})
export const PRIORITIES = all<Priority>({ immediate: 0, indirect: 0, minor: 0, no_threat: 0 })
export const MEASURES = all<ProtectiveMeasure>({
  cordon: 0,
  marking: 0,
  evacuation: 0,
  route_closed: 0,
  eod_requested: 0,
  medevac: 0,
  none: 0,
})
export const SETTINGS = all<Setting>({
  road: 0,
  track: 0,
  bridge_culvert: 0,
  settlement: 0,
  compound: 0,
  market: 0,
  field: 0,
  water_point: 0,
  other: 0,
  unknown: 0,
})
export const PLACE_PRECISIONS = all<LocationPrecision>({
  gps: 0,
  surveyed_point: 0,
  near_locality: 0,
  locality: 0,
  admin2: 0,
  admin1: 0,
  country: 0,
})
export const TIME_PRECISIONS = all<TimePrecision>({ minute: 0, hour: 0, day: 0, week: 0, month: 0, unknown: 0 })
export const PASSABLES = all<Passable>({ yes: 0, restricted: 0, no: 0, unknown: 0 })
export const MISSION_IMPACTS = all<MissionImpact>({ none: 0, delay: 0, halt: 0 })
export const TLPS = all<Tlp>({ red: 0, amber_strict: 0, amber: 0, green: 0, clear: 0 })
export const CLASSIFICATIONS = all<Classification>({ unclassified: 0, confidential: 0, strictly_confidential: 0 })
export const CHANNELS = all<Channel>({ radio: 0, sms: 0, form: 0, api: 0, import: 0 })
export const METHODS = all<ClearanceMethod>({
  rendered_safe: 0,
  destroyed_in_place: 0,
  removed: 0,
  searched_nothing_found: 0,
  other: 0,
  unknown: 0,
})
export const RETRACTIONS = all<RetractionReason>({ false_report: 0, duplicate: 0, wrong_place: 0, privacy: 0 })
export const RELIABILITIES = all<SourceReliability>({ A: 0, B: 0, C: 0, D: 0, E: 0, F: 0 })
export const CREDIBILITIES = ['1', '2', '3', '4', '5', '6'] as const
export const HURT = all<CasualtyOutcome>({ killed: 0, injured: 0, missing: 0 })
export const AFFILIATIONS = all<Affiliation>({
  un: 0,
  humanitarian: 0,
  national_forces: 0,
  civilian: 0,
  other: 0,
  unknown: 0,
})
export const SEXES = all<Sex>({ female: 0, male: 0, other: 0, unknown: 0 })
export const AGES = all<AgeBand>({ child: 0, adult: 0, older_adult: 0, unknown: 0 })
