import { expect, test } from 'vitest'
import { changedNames, consequenceOf, lastTold, stillWarned } from './consequences'
import { alertOf, sample } from './sample'

// North was warned and told of a change; south was warned, and told that it ended.
const ALERTS = [
  alertOf('north', 2, 'updated'),
  alertOf('south', 1, 'issued'),
  alertOf('north', 1, 'issued'),
  alertOf('south', 2, 'cancelled'),
]

test('of each subscription what it was told last counts', () => {
  expect(lastTold(ALERTS).get('north')?.kind).toBe('updated')
  expect(stillWarned(ALERTS)).toBe(1)
  expect(stillWarned([])).toBe(0)
})

test('a retraction cancels what stands, and warns nobody else', () => {
  expect(consequenceOf('retract', sample(), ALERTS)).toEqual({ effect: 'cancelled', told: 1, mayWarnOthers: false })
})

test('a merge cancels, and what the survivor takes over may warn others', () => {
  expect(consequenceOf('merge', sample(), ALERTS)).toMatchObject({ effect: 'cancelled', mayWarnOthers: true })
})

test('an incident closed over a hazard has not ended', () => {
  expect(consequenceOf('close', sample(), ALERTS).effect).toBe('updated')
  expect(consequenceOf('close', sample({ hazard_state: 'cleared' }), ALERTS).effect).toBe('cancelled')
})

test('a correction tells of what a warning says, and of nothing else', () => {
  const effect = (...changed: string[]) => consequenceOf('correct', sample(), ALERTS, changed)
  expect(effect('narrative')).toMatchObject({ effect: 'nothing', mayWarnOthers: false })
  expect(effect('sharing.tlp')).toMatchObject({ effect: 'nothing', mayWarnOthers: true })
  expect(effect('location.point')).toMatchObject({ effect: 'possibly', mayWarnOthers: true })
  expect(effect('category')).toMatchObject({ effect: 'updated', mayWarnOthers: true })
})

test('a status alone is not in a warning, but a filter may ask for it', () => {
  expect(consequenceOf('verify', sample(), ALERTS)).toEqual({ effect: 'possibly', told: 1, mayWarnOthers: true })
  expect(consequenceOf('add_report', sample(), ALERTS).effect).toBe('nothing')
})

test('a grade tells when the information becomes another one', () => {
  expect(consequenceOf('grade', sample(), ALERTS, ['grading.source_reliability']).effect).toBe('nothing')
  expect(consequenceOf('grade', sample(), ALERTS, ['grading.info_credibility']).effect).toBe('updated')
})

test('a hazard that stays as it is tells nobody, whatever the note says', () => {
  expect(consequenceOf('set_hazard', sample(), ALERTS, ['reason']).effect).toBe('nothing')
  expect(consequenceOf('set_hazard', sample(), ALERTS, ['hazard_state']).effect).toBe('updated')
})

test('the names of what a form changes', () => {
  expect(changedNames({ a: '1', b: ['x'] }, { a: '1', b: ['x', 'y'], c: '' })).toEqual(['b', 'c'])
})
