/** Texts that are withheld, without the texts themselves: where they belong, and what waits for a decision. */
import { api, dataOf } from '../api/client'
import type { HeldText, HeldTextWithText } from '../api/shapes'

type State = HeldText['state']
const PAGE = 500
export const EVERY_STATE: readonly State[] = ['open', 'released', 'removed']

export interface Listed {
  items: HeldText[]
  /** Whether there are more than these. */
  isMore: boolean
}

/** Of one incident, or of all. */
interface Wanted {
  states: readonly State[]
  incident?: string
}

/** The first of those that are wanted, `most` at most: those that wait before those that are decided. */
export async function heldTexts({ states, incident }: Wanted, most: number, signal: AbortSignal): Promise<Listed> {
  const items: HeldText[] = []
  let cursor: string | null | undefined
  do {
    const limit = Math.min(PAGE, most - items.length)
    const query = { state: [...states], limit, ...(incident && { incident_id: incident }), ...(cursor && { cursor }) }
    const page = dataOf(await api.GET('/v1/held-texts', { params: { query }, signal }))
    items.push(...page.items)
    cursor = page.next
  } while (cursor && items.length < most)
  return { items, isMore: Boolean(cursor) }
}

/** With the text. The audit notes who reads it. */
export async function heldText(held_id: string, signal: AbortSignal): Promise<HeldTextWithText> {
  return dataOf(await api.GET('/v1/held-texts/{held_id}', { params: { path: { held_id } }, signal }))
}

/** The name of its field among those of an incident. A report is named by its id, which says nothing to a person. */
export function pathOf({ field }: Pick<HeldText, 'field'>): { path: string; isOfReport: boolean } {
  const [first, , ...rest] = field.split('.')
  return first === 'reports' && rest.length
    ? { path: rest.join('.'), isOfReport: true }
    : { path: field, isOfReport: false }
}
