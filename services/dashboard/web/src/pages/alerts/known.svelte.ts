/** Lists that have no stream: subscriptions and watched sources. What is shown stays until the next reading is whole. */
import { api, dataOf } from '../../api/client'
import type { Source, Subscription } from '../../api/shapes'
import { session } from '../../session/session.svelte'

const PAGE = 500
const READ_AGAIN_MS = 15_000

type Read<Item> = { items: Item[]; next?: string | null }

class Known<Item> {
  items = $state.raw<Item[] | null>(null)
  problem = $state.raw<unknown>(null)
  #key: string | null = null
  #asked = 0
  /** The attempt whose answer is shown. */
  #shown = 0
  #read: (cursor: string | undefined) => Promise<Read<Item>>

  constructor(read: (cursor: string | undefined) => Promise<Read<Item>>) {
    this.#read = read
  }

  async read(): Promise<void> {
    const key = session.key
    if (key !== this.#key) {
      // Another person looks: nothing stays of what the one before saw.
      this.#key = key
      this.items = null
      this.problem = null
    }
    const attempt = ++this.#asked
    // Whether nothing that was asked for later is shown already.
    const counts = () => key === this.#key && attempt > this.#shown
    try {
      const items: Item[] = []
      let cursor: string | undefined
      do {
        const page = await this.#read(cursor)
        items.push(...page.items)
        cursor = page.next ?? undefined
      } while (cursor)
      if (!counts()) return
      this.#shown = attempt
      this.items = items
      this.problem = null
    } catch (error) {
      if (counts()) this.problem = error
    }
  }

  /** Read now, and again and again until the result is called: for an effect. */
  follow(): () => void {
    void this.read()
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void this.read()
    }, READ_AGAIN_MS)
    return () => clearInterval(timer)
  }
}

export const subscriptions = new Known<Subscription>(async (cursor) =>
  dataOf(await api.GET('/v1/subscriptions', { params: { query: { limit: PAGE, ...(cursor && { cursor }) } } })),
)

export const sources = new Known<Source>(async (cursor) =>
  dataOf(await api.GET('/v1/sources', { params: { query: { limit: PAGE, ...(cursor && { cursor }) } } })),
)
