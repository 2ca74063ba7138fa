import { expect, test } from 'vitest'
import type { DuplicatesOf } from '../../../api/shapes'
import { sample } from '../../incident/sample'
import { look, type Answer } from './looking'

const of = (incident_id: string): DuplicatesOf => ({ incident: sample({ incident_id }), duplicates: [] })
const ANSWERS: Record<string, Answer> = {
  first: { items: [of('a')], next: 'second' },
  // A page on which nothing is found leads on.
  second: { items: [], next: 'third' },
  third: { items: [of('b')], next: null },
}
const read = async (cursor: string | null) => ANSWERS[cursor ?? 'first'] as Answer
const ids = ({ items }: { items: DuplicatesOf[] }) => items.map(({ incident }) => incident.incident_id)

test('it looks at so many pages, and says how far it looked', async () => {
  const found = await look(2, read)
  expect([ids(found), found.looked]).toEqual([['a'], 100])
})

test('it ends where there is nothing earlier', async () => {
  const found = await look(9, read)
  expect([ids(found), found.looked]).toEqual([['a', 'b'], null])
})

test('what cannot be read is not said to be nothing', async () => {
  await expect(look(2, async () => Promise.reject(new TypeError('no answer')))).rejects.toThrow('no answer')
})
