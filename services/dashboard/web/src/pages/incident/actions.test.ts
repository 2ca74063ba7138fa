import { expect, test } from 'vitest'
import { hazardsToSet, obstacle, possible } from './actions'
import { claimed, reportOf, sample } from './sample'

const verifier = () => true
const reporter = (permission: string) => permission === 'incidents:report'
const reader = () => false

test('a verifier may do everything that a reported incident allows', () => {
  expect(possible(sample(), verifier)).toEqual([
    'review',
    'grade',
    'claim',
    'correct',
    'add_report',
    'set_hazard',
    'dispute',
    'merge',
    'retract',
  ])
})

test('a reporter corrects, reports and claims, and assesses nothing', () => {
  expect(possible(sample({ status: 'under_review' }), reporter)).toEqual([
    'claim',
    'correct',
    'add_report',
    'set_hazard',
  ])
})

test('a reader may do nothing', () => {
  expect(possible(sample(), reader)).toEqual([])
})

test('what is retracted is final, and what is merged is only unmerged', () => {
  expect(possible(sample({ status: 'retracted' }), verifier)).toEqual([])
  expect(possible(sample({ status: 'merged' }), verifier)).toEqual(['unmerge'])
})

test('an incident is verified from a review, closed from verified, and reopened from closed', () => {
  expect(possible(sample({ status: 'under_review' }), verifier)).toContain('verify')
  expect(possible(sample({ status: 'reported' }), verifier)).not.toContain('verify')
  expect(possible(sample({ status: 'verified' }), verifier)).toContain('close')
  expect(possible(sample({ status: 'closed' }), verifier)).toContain('reopen')
  expect(possible(sample({ status: 'closed' }), verifier)).not.toContain('dispute')
})

test('a clearance is claimed once, and only a claim is confirmed or dismissed', () => {
  const open = sample({ clearance: claimed('claimed') })
  expect(possible(open, verifier)).toEqual(expect.arrayContaining(['confirm', 'dismiss']))
  expect(possible(open, verifier)).not.toContain('claim')
  const over = sample({ clearance: claimed('confirmed'), hazard_state: 'cleared' })
  expect(possible(over, verifier)).not.toContain('confirm')
  expect(possible(over, verifier)).not.toContain('claim')
})

test('a hazard that stands is made less by a clearance alone, and a closed incident cannot be dangerous', () => {
  expect(hazardsToSet(sample())).toEqual(['active', 'suspected', 'marked', 'unknown'])
  expect(hazardsToSet(sample({ hazard_state: 'cleared' }))).toContain('none')
  expect(hazardsToSet(sample({ status: 'closed', hazard_state: 'cleared' }))).toEqual(['cleared', 'none'])
})

test('what the server will refuse is said where it can be seen', () => {
  const alone = sample({ status: 'under_review' })
  expect(obstacle('verify', alone)).toBe('two_reports')
  expect(obstacle('verify', { ...alone, reports: [reportOf('A'), reportOf('B')] })).toBeNull()
  expect(obstacle('verify', { ...alone, grading: { source_reliability: 'B', info_credibility: 2 } })).toBeNull()
  // Of a reduced one the reports are not seen, so nothing is said of them.
  expect(obstacle('verify', { ...alone, form: 'reduced', reports: [] })).toBeNull()
  expect(obstacle('close', sample({ status: 'verified' }))).toBe('hazard_stands')
})
