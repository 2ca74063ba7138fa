import { expect, test } from 'vitest'
import type { Alert } from '../../api/shapes'
import { isShown, listed, shownOf, type Shown } from './alertList'

const NOW = new Date('2026-03-01T12:00:00Z')
const ANY: Shown = { subscription: null, kind: null, hours: null }

function alert(alert_id: string, changes: Partial<Alert> = {}): Alert {
  return {
    alert_id,
    subscription_id: 's',
    kind: 'issued',
    severity: 'severe',
    exercise: false,
    issued_at: '2026-03-01T06:00:00Z',
    acknowledged_at: null,
    references: [],
    ...changes,
  } as Alert
}

const ids = (alerts: Alert[]) => alerts.map(({ alert_id }) => alert_id)

test('what nobody took note of is apart, the gravest first and then the newest', () => {
  const found = listed(
    [
      alert('old', { issued_at: '2026-03-01T01:00:00Z' }),
      alert('new'),
      alert('gravest', { severity: 'extreme', issued_at: '2026-02-01T00:00:00Z' }),
      alert('over', { kind: 'cancelled', severity: 'extreme' }),
      alert('noted', { severity: 'extreme', acknowledged_at: '2026-03-01T07:00:00Z' }),
    ],
    ANY,
    NOW,
  )
  expect(ids(found.open)).toEqual(['gravest', 'new', 'old', 'over'])
  expect(ids(found.noted)).toEqual(['noted'])
})

test('an exercise is never among what is real', () => {
  const found = listed([alert('drill', { exercise: true, severity: 'extreme' }), alert('real')], ANY, NOW)
  expect([ids(found.open), ids(found.exercises)]).toEqual([['real'], ['drill']])
})

test('an older word that a newer alert replaces is left out, unless somebody took note of it', () => {
  const found = listed(
    [
      alert('first'),
      alert('noted', { acknowledged_at: '2026-03-01T07:00:00Z' }),
      alert('last', { references: ['first', 'noted'] }),
    ],
    ANY,
    NOW,
  )
  expect([ids(found.open), ids(found.noted)]).toEqual([['last'], ['noted']])
})

test('the address narrows the list', () => {
  expect(isShown(alert('a'), { ...ANY, subscription: 'other' }, NOW)).toBe(false)
  expect(isShown(alert('a'), { ...ANY, kind: 'updated' }, NOW)).toBe(false)
  expect(isShown(alert('a'), { ...ANY, hours: 6 }, NOW)).toBe(true)
  expect(isShown(alert('a', { issued_at: '2026-03-01T05:59:00Z' }), { ...ANY, hours: 6 }, NOW)).toBe(false)
})

test('what the address says wrongly counts as any', () => {
  const address = new Map<string, unknown>([
    ['kind', 'loud'],
    ['hours', 5],
    ['subscription', ''],
  ])
  expect(shownOf((name) => address.get(name) ?? null)).toEqual(ANY)
})
