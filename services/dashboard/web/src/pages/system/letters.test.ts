import { expect, test } from 'vitest'
import { adviceOf, isInTheMessage, pageOf, whatOf } from './letters'

test.each([
  ['incident.reported', 'system.what.incident', '/incidents/7'],
  ['route.risk_changed', 'system.what.route', '/routes/7'],
  ['area.released', 'system.what.area', null],
  ['toString', 'system.what.unknown', null],
  [null, 'system.what.unknown', null],
])('a message of type %s is said and linked', (event_type, word, page) => {
  expect(whatOf({ event_type })).toBe(word)
  expect(pageOf({ event_type, subject: '7' })).toBe(page)
})

test('a message that names nothing leads nowhere', () => {
  expect(pageOf({ event_type: 'incident.reported', subject: null })).toBeNull()
})

test('an error of the message itself is told from one that can be repaired', () => {
  expect(isInTheMessage({ error: 'InvalidEvent: value: no JSON' })).toBe(true)
  expect(isInTheMessage({ error: 'OSError: InvalidEvent' })).toBe(false)
  expect(adviceOf({ error: 'Unhandled' })).toBe('system.advice.message')
  expect(adviceOf({ error: 'OSError: disk is full' })).toBe('system.advice.cause')
})
