import { expect, test } from 'vitest'
import type { Alert, Incident } from '../../api/shapes'
import { alertsByIncident, changesSince, direction, moved, type Move, type RiskChanged } from './changes'

const SINCE = new Date('2026-11-29T00:00:00Z')
const NOTHING = { category: [], status: [], hazard: [], place: '' }

function incident(incident_id: string, updated_at: string, more: object = {}): Incident {
  return {
    incident_id,
    category: 'ied',
    status: 'reported',
    hazard_state: 'active',
    casualties: [],
    location: { place_name: 'Bîr Ali', mgrs: '25PHL2258696202' },
    audit: { updated_at },
    ...more,
  } as unknown as Incident
}

const names = (incidents: Incident[]) => incidents.map(({ incident_id }) => incident_id)

test('the gravest is first, then the last changed; what ended is apart; what is older is left out', () => {
  const { standing, ended } = changesSince(
    [
      incident('old', '2026-11-28T23:59:59Z'),
      incident('marked', '2026-11-29T05:00:00Z', { hazard_state: 'marked' }),
      incident('first', '2026-11-29T01:00:00Z'),
      incident('second', '2026-11-29T02:00:00Z'),
      incident('cleared', '2026-11-29T03:00:00Z', { hazard_state: 'cleared' }),
      incident('retracted', '2026-11-29T04:00:00Z', { status: 'retracted' }),
    ],
    SINCE,
    NOTHING,
  )
  expect(names(standing)).toEqual(['second', 'first', 'marked'])
  expect(names(ended)).toEqual(['retracted', 'cleared'])
})

test.each([
  [{ category: ['landmine' as const] }, []],
  [{ category: ['ied' as const], hazard: ['active' as const] }, ['a']],
  [{ status: ['verified' as const] }, []],
  [{ place: 'bir ali' }, ['a']],
  [{ place: '25P HL 22586' }, ['a']],
  [{ place: 'elsewhere' }, []],
])('the filter %o narrows the list', (filter, found) => {
  const { standing } = changesSince([incident('a', '2026-11-29T01:00:00Z')], SINCE, { ...NOTHING, ...filter })
  expect(names(standing)).toEqual(found)
})

function event(route_id: string, before: number, after: number, more: object = {}): RiskChanged {
  return {
    route_id,
    risk: { band: 'high', expected_events: after, known_hazards: 0 },
    previous_band: 'high',
    previous_expected_events: before,
    previous_known_hazards: 0,
    cause: 'a',
    ...more,
  }
}

test('several moves of one route are one, from before the first to after the last', () => {
  const moves = [event('r', 1, 3), event('s', 5, 6), event('r', 3, 2)].reduce<Move[]>(moved, [])
  expect(moves.map(({ route_id }) => route_id)).toEqual(['s', 'r'])
  expect(moves[1]).toMatchObject({ before: { expected_events: 1 }, after: { expected_events: 2 } })
})

test('a route that was not measured before has moved from where it is', () => {
  const none = { previous_band: null, previous_expected_events: null, previous_known_hazards: null }
  const [move] = moved([], event('r', 0, 2, none))
  expect(move && direction(move)).toBe('same')
})

test('the word of a route counts before its hazards, and these before what is expected', () => {
  const from = (before: object, after: object): Move => ({
    route_id: 'r',
    before: { band: 'high', expected_events: 1, known_hazards: 1, ...before },
    after: { band: 'high', expected_events: 1, known_hazards: 1, ...after },
  })
  expect(direction(from({}, { band: 'known_hazard', expected_events: 0 }))).toBe('up')
  expect(direction(from({}, { known_hazards: 0, expected_events: 9 }))).toBe('down')
  expect(direction(from({}, { expected_events: 1.1 }))).toBe('up')
  expect(direction(from({}, {}))).toBe('same')
})

test('of several alerts to one subscription the last is told', () => {
  const alert = (subscription_id: string, sequence: number, incident_id: string | null = 'a') =>
    ({ subscription_id, sequence, incident_id }) as unknown as Alert
  const found = alertsByIncident([alert('s', 2), alert('s', 1), alert('t', 1), alert('s', 1, null), alert('s', 1, 'b')])
  expect(found.get('a')?.map(({ sequence }) => sequence)).toEqual([2, 1])
  expect(found.size).toBe(2)
})
