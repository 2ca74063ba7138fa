import { expect, test, vi } from 'vitest'

const { GET } = vi.hoisted(() => ({ GET: vi.fn() }))
vi.mock('../api/client', () => ({ api: { GET }, dataOf: (answer: unknown) => answer }))

const { heldTexts, pathOf } = await import('./heldTexts')
const never = new AbortController().signal
const page = (from: number, count: number, next: string | null) => ({
  items: Array.from({ length: count }, (_, at) => ({ held_id: String(from + at) })),
  next,
})

test('it reads as many as are wanted, and says whether there are more', async () => {
  GET.mockResolvedValueOnce(page(0, 500, 'further')).mockResolvedValueOnce(page(500, 100, 'still'))
  const { items, isMore } = await heldTexts({ states: ['open'] }, 600, never)
  expect([items.length, isMore]).toEqual([600, true])
  const asked = GET.mock.calls.map(([, { params }]) => params.query)
  expect(asked).toEqual([
    { state: ['open'], limit: 500 },
    { state: ['open'], limit: 100, cursor: 'further' },
  ])
})

test('all are read where no number is wanted', async () => {
  GET.mockResolvedValueOnce(page(0, 500, 'further')).mockResolvedValueOnce(page(500, 1, null))
  const { items, isMore } = await heldTexts({ states: ['open'], incident: '7' }, Infinity, never)
  expect([items.length, isMore]).toEqual([501, false])
  const asked = GET.mock.calls.slice(-2).map(([, { params }]) => params.query.incident_id)
  expect(asked).toEqual(['7', '7'])
})

test('a report is not named by its id', () => {
  expect(pathOf({ field: 'reports.01a2.nine_line.line_7_impact_on_mission' })).toEqual({
    path: 'nine_line.line_7_impact_on_mission',
    isOfReport: true,
  })
  expect(pathOf({ field: 'location.place_name' })).toEqual({ path: 'location.place_name', isOfReport: false })
  expect(pathOf({ field: 'reason' })).toEqual({ path: 'reason', isOfReport: false })
})
