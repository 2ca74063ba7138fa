import { expect, test, vi } from 'vitest'
import { IncidentRecord } from './record.svelte'
import { sample } from './sample'

type Answer = { data: unknown; response: Response }
const answers = vi.hoisted(() => new Map<string, () => Promise<unknown>>())

vi.mock('../../api/client', () => ({
  api: { GET: async (path: string) => ({ data: await answers.get(path)?.(), response: new Response() }) },
  dataOf: ({ data }: Answer) => data,
  Refused: class extends Error {},
}))

const INCIDENT = '/v1/incidents/{incident_id}'
const HISTORY = '/v1/incidents/{incident_id}/revisions'
const incident = sample({ revision: 5 })

test('earlier revisions that are asked for twice at a time are shown once', async () => {
  const record = new IncidentRecord(incident.incident_id)
  answers.set(INCIDENT, async () => incident)
  answers.set(HISTORY, async () => ({ items: [{ revision: 5 }], next: 'four' }))
  await record.read()
  answers.set(HISTORY, async () => ({ items: [{ revision: 4 }], next: 'three' }))
  await Promise.all([record.readEarlier(), record.readEarlier()])
  expect(record.revisions.map(({ revision }) => revision)).toEqual([5, 4])
})

test('a revision is read when its history names it too', async () => {
  const record = new IncidentRecord(incident.incident_id)
  expect(record.readRevision).toBe(0)
  answers.set(INCIDENT, async () => incident)
  // Another person changed it between the two answers.
  answers.set(HISTORY, async () => ({ items: [{ revision: 4 }], next: null }))
  await record.read()
  expect(record.readRevision).toBe(4)
})
