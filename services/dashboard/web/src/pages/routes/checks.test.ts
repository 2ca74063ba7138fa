import { expect, test, vi } from 'vitest'
import { bodyOf, draftOf, ofClearance, ofPass, type Check } from './checks'

vi.mock('../../api/client', () => ({}))

const record = {
  at: '2026-11-29T06:00:30Z',
  from_km: 2,
  to_km: 4.5,
  organisation: 'Sector East',
  note: 'wet ground',
  reason: null,
  recorded_at: '2026-11-29T07:00:00Z',
  recorded_by: 'k1',
  revision: 3,
  route_id: 'r1',
  route_revision: 1,
  on_present_line: true,
  verifies: true,
  withdrawn: false,
}
const clearance: Check = ofClearance({
  ...record,
  clearance_id: 'c1',
  method: 'dogs',
  result: 'nothing_found',
  items_found: 0,
})

test('a clearance and a pass have one form', () => {
  expect(clearance).toMatchObject({ kind: 'clearance', id: 'c1', way: 'dogs', items_found: 0 })
  expect(ofPass({ ...record, pass_id: 'p1', kind: 'convoy', result: 'signs_seen' })).toMatchObject({
    kind: 'pass',
    id: 'p1',
    way: 'convoy',
    items_found: null,
  })
})

test('a new record says no result until a person does', () => {
  expect(draftOf('clearance', null, 29.8322)).toMatchObject({ result: '', from_km: 0, to_km: 29.832 })
})

test('a correction begins with what is on record, and without a reason', () => {
  expect(draftOf('clearance', clearance, 30)).toMatchObject({
    at: '2026-11-29T06:00',
    from_km: 2,
    to_km: 4.5,
    organisation: 'Sector East',
    result: 'nothing_found',
    way: 'dogs',
    items_found: 0,
    reason: '',
  })
})

test('what is written becomes what is sent', () => {
  const draft = { ...draftOf('clearance', clearance, 30), organisation: ' MACC ', to_km: null }
  expect(bodyOf(draft, 30)).toEqual({
    at: '2026-11-29T06:00:00.000Z',
    from_km: 2,
    to_km: null,
    organisation: 'MACC',
    note: 'wet ground',
  })
})

test('the end of the line is the end of the line, however many metres it has', () => {
  const draft = draftOf('pass', null, 29.83222)
  expect(bodyOf(draft, 29.83222).to_km).toBeNull()
  expect(bodyOf({ ...draft, to_km: 12.5 }, 29.83222).to_km).toBe(12.5)
})
