import { expect, test } from 'vitest'
import { emptyDraft, type Draft } from './draft'
import { Writing } from './writing'

const said = (narrative: string): Draft => ({ ...emptyDraft({ organisation: '', role: '' }), narrative })

/** A device that writes when it is told to. */
class Device {
  reports = new Map<string, string>()
  waiting: (() => void)[] = []
  fails = false

  keep = async (id: string | null, draft: Draft): Promise<string> => {
    await new Promise<void>((resolve) => this.waiting.push(resolve))
    if (this.fails) throw new Error('the device is full')
    const name = id ?? `report ${this.reports.size + 1}`
    this.reports.set(name, draft.narrative)
    return name
  }

  async writes(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) {
      this.waiting.shift()?.()
      await Promise.resolve()
    }
  }
}

test('the letters of a form are one report, though the device is slower than the person', async () => {
  const device = new Device()
  const writing = new Writing(null, device.keep)
  for (const text of ['a', 'ab', 'abc', 'abcd']) {
    writing.write(said(text))
    await Promise.resolve()
  }
  await device.writes()
  expect(await writing.done()).toBe('report 1')
  expect([...device.reports]).toEqual([['report 1', 'abcd']])
})

test('what is still to be written when another form is opened goes to its own report', async () => {
  const device = new Device()
  const [one, other] = [new Writing(null, device.keep), new Writing(null, device.keep)]
  one.write(said('a'))
  one.write(said('ab'))
  other.write(said('x'))
  await device.writes()
  await device.writes()
  expect([...device.reports.values()].sort()).toEqual(['ab', 'x'])
  expect(await one.done()).not.toBe(await other.done())
})

test('a report whose last letters are not kept is not done', async () => {
  const device = new Device()
  const writing = new Writing('report 1', device.keep)
  device.fails = true
  writing.write(said('a'))
  await device.writes()
  await expect(writing.done()).rejects.toThrow('full')
  device.fails = false
  writing.write(said('ab'))
  await device.writes()
  expect(await writing.done()).toBe('report 1')
})
