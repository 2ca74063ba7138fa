/** A filter as a person enters it, and the filter that comes of it. */
import type { Filter } from '../../api/shapes'
import { areaOf, entryOf, noEntry, type AreaEntry } from './areas'
import { EXPLOSIVE_HAZARDS } from './filterWords'

/** All of a filter but its area, which is entered in more than one way. */
export interface FilterEntry extends Omit<Filter, 'area' | 'min_grade'> {
  area: AreaEntry
  /** Empty for any. */
  reliability: NonNullable<Filter['min_grade']['reliability']> | ''
  credibility: NonNullable<Filter['min_grade']['credibility']> | ''
}

export function newFilter(): FilterEntry {
  return {
    area: noEntry(),
    accuracy: 'intersects_uncertainty',
    categories: [...EXPLOSIVE_HAZARDS],
    min_severity: 'minor',
    statuses: [],
    hazard_states: [],
    reliability: '',
    credibility: '',
    tlp_max: 'red',
    exercises: 'exclude',
    sources: 'include',
  }
}

export function entryOfFilter({ area, min_grade, ...rest }: Filter): FilterEntry {
  return {
    ...rest,
    area: entryOf(area),
    reliability: min_grade.reliability ?? '',
    credibility: min_grade.credibility ?? '',
  }
}

/** Null while something is missing. */
export function filterOf({ area, reliability, credibility, ...rest }: FilterEntry): Filter | null {
  const place = areaOf(area)
  if (place === null || rest.categories.length === 0) return null
  return { ...rest, area: place, min_grade: { reliability: reliability || null, credibility: credibility || null } }
}
