import { expect, test, vi } from 'vitest'

vi.mock('../session/session.svelte', () => ({ session: { key: 'cwk_first', refuse: vi.fn() } }))

import type { NineLine } from '../api/shapes'
import { emptyDraft, isEmpty, type Draft } from './draft'
import { fill, isUsed, read } from './heard'
import { reportOf, unanswered, unread } from './report'

const ID = '0195519a-7d40-7000-8000-000000000001'
const NOW = new Date('2026-02-28T06:00:00Z')
const TEXT = 'LINE 1: 280540Z FEB\nLINE 2: Convoy 12, 30Q VD 12345 67890, road\nLINE 4: IED found, foo bar'
const EMPTY = emptyDraft({ organisation: '', role: '' })
const LINES = [1, 2, 3, 4, 5, 6, 7, 8, 9]

type Said = NineLine['before']['understood'][number]
const said = (field: string, value: unknown): Said => ({ field, value, words: field, assumed: [] })
const none = (line: number | null) => ({ line, text: null, understood: [] as Said[], not_understood: [] })

/** An answer whose draft is this one, and in which these facts were understood. */
function answer(draft: NineLine['draft'], understood: Said[] = []): NineLine {
  const lines = LINES.map(none)
  return { lines, before: { ...none(null), understood }, missing: [], held_back: [], incident: null, draft }
}

const AT = { occurred_at: '2026-02-28T05:40:00Z', precision: 'hour' }
const THERE = { point: { type: 'Point', coordinates: [-3.9962, 17.0421] }, precision: 'gps', uncertainty_m: 70.7 }
const HEARD = answer(
  {
    incident_id: '0195519a-7d40-7000-8000-00000000000f',
    time: AT,
    location: { ...THERE, setting: 'road' },
    category: 'ied',
    outcome: 'found_not_cleared',
    hazard_state: 'active',
    exercise: true,
    delivery: 'roadside',
    impact: { road_passable: 'no', mission_impact: 'halt' },
    protective_measures: ['cordon'],
    casualties: [{ affiliation: 'un', outcome: 'injured', low: 2, best: 2, high: 2 }],
    priority: 'immediate',
    narrative: 'EXERCISE EXERCISE',
    report: { nine_line: { line_4_type_of_ordnance: 'IED found, foo bar' } },
  },
  [said('category', 'ied')],
)

const after = (draft: Draft, heard: NineLine, text = TEXT) => fill(draft, { text, answer: heard })

test('a reading answers the questions of the form', () => {
  const { draft, kept } = after(EMPTY, HEARD)
  expect(draft).toMatchObject({
    category: 'ied',
    outcome: 'found_not_cleared',
    hazard: 'active',
    place: { by: 'heard', longitude: -3.9962, latitude: 17.0421, uncertaintyM: 71 },
    at: '2026-02-28T05:40:00.000Z',
    precision: 'hour',
    exercise: true,
    narrative: 'EXERCISE EXERCISE',
    nineLine: { line_4_type_of_ordnance: 'IED found, foo bar' },
  })
  expect([kept, unanswered(draft)]).toEqual([[], []])
})

test('what no question asks for goes with the report, unless it is left out', () => {
  const { draft } = after(EMPTY, HEARD)
  const report = reportOf(draft, ID, NOW)
  expect(report).toMatchObject({
    incident_id: ID,
    location: { precision: 'gps', uncertainty_m: 71, setting: 'road' },
    delivery: 'roadside',
    impact: { road_passable: 'no', mission_impact: 'halt' },
    protective_measures: ['cordon'],
    casualties: [{ outcome: 'injured', best: 2 }],
    priority: 'immediate',
    report: { channel: 'form', nine_line: { line_4_type_of_ordnance: 'IED found, foo bar' } },
  })
  const left = draft.heard?.rest.filter(({ field }) => !['impact.mission_impact', 'priority'].includes(field)) ?? []
  const without = reportOf({ ...draft, heard: { text: TEXT, reading: null, rest: left } }, ID, NOW)
  expect(without.impact).toEqual({ road_passable: 'no' })
  expect(without).not.toHaveProperty('priority')
})

test('what the person chose counts, and not what was heard', () => {
  const { draft } = after(EMPTY, HEARD)
  const place = { by: 'map', longitude: 1, latitude: 2, uncertaintyM: 300 } as const
  expect(reportOf({ ...draft, category: 'landmine', hazard: null, place }, ID, NOW)).toMatchObject({
    category: 'landmine',
    location: { point: { coordinates: [1, 2] }, precision: 'near_locality', uncertainty_m: 300, setting: 'road' },
  })
})

test('what was not understood is left for the person: no category, place or time is made up', () => {
  const { draft } = after(EMPTY, answer({ category: 'unknown', time: {} }, [said('location.setting', 'track')]))
  expect(unanswered(draft)).toEqual(['category', 'happened', 'where', 'when'])
  expect(draft.heard?.rest).toEqual([{ field: 'location.setting', value: 'track' }])
  const { draft: named } = after(EMPTY, answer({ category: 'unknown' }, [said('category', 'unknown')]))
  expect(named.category).toBe('unknown')
})

test('an answer of the person stays, and what they wrote stays beside what was heard', () => {
  const own: Draft = {
    ...EMPTY,
    category: 'landmine',
    narrative: 'Road closed.',
    nineLine: { line_3_contact_method: 'HF 7', line_4_type_of_ordnance: 'mine' },
  }
  const { draft, kept } = after(own, HEARD)
  expect(kept).toEqual(['category'])
  expect(draft).toMatchObject({
    category: 'landmine',
    outcome: 'found_not_cleared',
    narrative: 'Road closed.\nEXERCISE EXERCISE',
    nineLine: { line_3_contact_method: 'HF 7', line_4_type_of_ordnance: 'mine\nIED found, foo bar' },
  })
})

test('another reading replaces what the first one filled in, and nothing else', () => {
  const first = after({ ...EMPTY, narrative: 'Road closed.' }, HEARD).draft
  const other = answer(
    { category: 'grenade', time: {}, outcome: 'detonated', narrative: 'Over.', report: { nine_line: {} } },
    [said('category', 'grenade')],
  )
  const { draft, kept } = after({ ...first, outcome: 'hoax', exercise: false }, other)
  expect(kept).toEqual(['happened'])
  expect(draft).toMatchObject({
    category: 'grenade',
    outcome: 'hoax',
    place: null,
    at: null,
    exercise: false,
    narrative: 'Road closed.\nOver.',
    nineLine: { line_4_type_of_ordnance: '' },
  })
  expect(draft.heard?.rest).toEqual([])
  expect(after(first, HEARD).draft).toEqual(first)
})

test('a text that was not read goes with the report as it stands', () => {
  const typed: Draft = { ...after(EMPTY, HEARD).draft, heard: { text: ` ${TEXT} `, reading: null, rest: [] } }
  expect(isEmpty({ ...EMPTY, heard: { text: 'x', reading: null, rest: [] } })).toBe(false)
  expect(reportOf(typed, ID, NOW).narrative).toBe(`EXERCISE EXERCISE\n\n${TEXT}`)
  expect(unread(after(EMPTY, HEARD).draft.heard)).toBe('')
  expect(unread({ text: `${TEXT} more`, reading: { text: TEXT, answer: HEARD }, rest: [] })).toBe(`${TEXT} more`)
})

test.each([
  ['category', 'ied', true],
  ['category', 'landmine', false],
  ['impact.road_passable', 'restricted', false],
  ['location.setting', 'road', true],
  ['location', THERE, true],
  ['location', { ...THERE, uncertainty_m: 25 }, false],
  ['protective_measures', 'cordon', true],
  ['target', 'un_convoy', true],
])('of several values of %s one is in the draft: %o, %s', (field, value, used) => {
  expect(isUsed(HEARD, { field, value })).toBe(used)
})

const asked = (fetch: (request: Request) => Promise<Response>) => read(TEXT, { baseUrl: 'http://clearway', fetch })

test('the text is sent to be read, and not to be recorded', async () => {
  const sent: Request[] = []
  const result = await asked(async (request) => {
    sent.push(request)
    return Response.json(HEARD)
  })
  expect(result).toEqual({ done: HEARD })
  expect(sent[0]?.url).toBe('http://clearway/v1/incidents:nine-line')
  expect(await sent[0]?.json()).toEqual({ text: TEXT })
})

test('a refusal says why, and a server that is away says nothing of the text', async () => {
  const problem = { title: 'The text is too long', status: 422, code: 'invalid', type: 'about:blank' }
  expect(await asked(async () => Response.json(problem, { status: 422 }))).toMatchObject({ refused: problem })
  expect(await asked(async () => Response.json({}, { status: 503 }))).toEqual({ unknown: true })
  expect(await asked(() => Promise.reject(new TypeError('Failed to fetch')))).toEqual({ unknown: true })
})
