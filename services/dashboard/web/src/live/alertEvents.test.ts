import { expect, test } from 'vitest'
import type { Alert } from '../api/shapes'
import { alertOf } from './alertEvents'

const sent = { alert_id: 'a', kind: 'issued', headline: 'IED, active' }
const nothing = () => undefined

test('an alert that is issued has the shape of the list', () => {
  const found = alertOf({ type: 'alert.issued', data: { alert: sent } }, nothing)
  expect(found).toMatchObject({ ...sent, revision: 1, form: 'full', acknowledged_at: null })
})

test('a thin one keeps why it is thin', () => {
  const thin = { ...sent, form: 'thin', headline: null, why_thin: 'for other readers' }
  expect(alertOf({ type: 'alert.issued', data: { alert: thin } }, nothing)).toMatchObject(thin)
})

test('who took note is added to what is known of it, as a newer revision', () => {
  const known = { ...sent, revision: 1, read_out: 'WARNING.' } as unknown as Alert
  const data = { alert: sent, by: 'key-1', at: '2026-03-01T06:00:00Z' }
  expect(alertOf({ type: 'alert.acknowledged', data }, () => known)).toMatchObject({
    revision: 2,
    acknowledged_by: 'key-1',
    acknowledged_at: data.at,
    read_out: 'WARNING.',
  })
})

test('a digest is of many alerts: the list is read again', () => {
  expect(alertOf({ type: 'alert.digest_issued', data: { digest: {} } }, nothing)).toBe('reread')
})

test('what is about no alert changes nothing', () => {
  expect(alertOf({ type: 'alert.else', data: {} }, nothing)).toBeNull()
})
