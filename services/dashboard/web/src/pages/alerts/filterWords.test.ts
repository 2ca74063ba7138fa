import { expect, test } from 'vitest'
import type { Filter } from '../../api/shapes'
import { EXPLOSIVE_HAZARDS, sentencesOf, type Speech } from './filterWords'

/** Says the words themselves, with their values. */
const SPEECH: Speech = {
  say: (word, values = {}) => [word.replace('filter.says.', ''), ...Object.values(values)].join(' '),
  term: (_, value) => value.toUpperCase(),
  distance: (metres) => `${metres} m`,
  list: (items) => items.join('+'),
  route: (id) => (id === 'r' ? 'Alder' : null),
}
const WIDEST: Filter = {
  area: { type: 'everything' },
  accuracy: 'intersects_uncertainty',
  categories: [...EXPLOSIVE_HAZARDS],
  min_severity: 'minor',
  statuses: [],
  hazard_states: [],
  min_grade: { reliability: null, credibility: null },
  tlp_max: 'red',
  exercises: 'exclude',
  sources: 'include',
}

const says = (changes: Partial<Filter>) => sentencesOf({ ...WIDEST, ...changes }, SPEECH)

test('the widest filter says where, what, and that silent sources count', () => {
  expect(says({})).toEqual(['everything', 'categories.all', 'sources.include'])
})

test.each<[Partial<Filter>, string]>([
  [{ area: { type: 'circle', center: { type: 'Point', coordinates: [0, 0] }, radius_m: 5 } }, 'circle 5 m'],
  [{ area: { type: 'polygon', polygon: { type: 'Polygon', coordinates: [] } } }, 'polygon'],
  [{ area: { type: 'corridor', line: { type: 'LineString', coordinates: [] }, width_m: 7 } }, 'corridor 7 m'],
  [{ area: { type: 'route', route_id: 'r', width_m: 7 } }, 'route 7 m Alder'],
  [{ area: { type: 'route', route_id: 'other', width_m: 7 } }, 'route.unknown 7 m'],
  [{ categories: ['ied', 'landmine'] }, 'categories IED+LANDMINE'],
  [{ categories: ['not_explosive'] }, 'categories.none'],
  [{ min_severity: 'severe' }, 'severity SEVERE'],
  [{ statuses: ['verified'] }, 'statuses VERIFIED'],
  [{ hazard_states: ['active', 'marked'] }, 'hazards ACTIVE+MARKED'],
  [{ min_grade: { reliability: 'B', credibility: 2 } }, 'reliability B'],
  [{ min_grade: { reliability: 'B', credibility: 2 } }, 'credibility 2'],
  [{ tlp_max: 'amber_strict' }, 'tlp TLP:AMBER+STRICT'],
  [{ exercises: 'only' }, 'exercises.only'],
  [{ sources: 'exclude' }, 'sources.exclude'],
])('%o is said', (changes, sentence) => {
  expect(says(changes)).toContain(sentence)
})

test('the uncertainty is said of a place, and not of the whole mission', () => {
  const area: Filter['area'] = { type: 'route', route_id: 'r', width_m: 7 }
  expect(says({ area })).toContain('touches')
  expect(says({ area, accuracy: 'contains' })).toContain('contains')
  expect(says({ accuracy: 'contains' })).not.toContain('contains')
})
