/** Looking for what may be reported twice: the server looks at a page of incidents at a time, the last recorded first. */
import type { DuplicatesOf } from '../../../api/shapes'

export interface Looked {
  items: DuplicatesOf[]
  /** How many incidents were looked at, where there are earlier ones; null once all were. */
  looked: number | null
}

export interface Answer {
  items: DuplicatesOf[]
  next?: string | null
}

/** As many as the server looks at for one answer. */
export const PAGE = 50

/** Look at `pages` pages, or at all there are. */
export async function look(pages: number, read: (cursor: string | null) => Promise<Answer>): Promise<Looked> {
  const items: DuplicatesOf[] = []
  let cursor: string | null = null
  for (let page = 1; page <= pages; page++) {
    const answer: Answer = await read(cursor)
    items.push(...answer.items)
    cursor = answer.next ?? null
    if (cursor === null) return { items, looked: null }
  }
  return { items, looked: pages * PAGE }
}
