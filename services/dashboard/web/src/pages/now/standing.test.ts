import { expect, test, vi } from 'vitest'
import type { AreaView } from '../../api/schema'
import type { Subscription } from '../../api/shapes'
import type { HazardStretch } from '../../map/routeLayers'

vi.mock('../../api/client', () => ({}))

import { standing } from './standing.svelte'

test('what one key may read is not shown to the next one, and stays for the same one', () => {
  const known = () => [standing.areas.length, standing.subscriptions.length, standing.hazards.length]
  standing.holdFor('cwk_first')
  standing.areas = [{} as AreaView]
  standing.subscriptions = [{} as Subscription]
  standing.hazards = [{} as HazardStretch]
  standing.holdFor('cwk_first')
  expect(known()).toEqual([1, 1, 1])
  standing.holdFor('cwk_second')
  expect(known()).toEqual([0, 0, 0])
})
