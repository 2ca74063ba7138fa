import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, expect, test } from 'vitest'
import { forgetOnDevice, keepOnDevice, keptOnDevice } from './onDevice'

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
})

test('a key is on the device from when it is kept until it is forgotten', async () => {
  expect(await keptOnDevice()).toBeNull()
  await keepOnDevice('cwk_one')
  await keepOnDevice('cwk_two')
  expect(await keptOnDevice()).toBe('cwk_two')
  await forgetOnDevice()
  expect(await keptOnDevice()).toBeNull()
})

test('a browser that keeps nothing stops nobody', async () => {
  const broken = () => {
    throw new DOMException('', 'SecurityError')
  }
  globalThis.indexedDB = { open: broken } as unknown as IDBFactory
  await keepOnDevice('cwk_one')
  await forgetOnDevice()
  expect(await keptOnDevice()).toBeNull()
})
