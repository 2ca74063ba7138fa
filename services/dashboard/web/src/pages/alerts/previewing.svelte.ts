/** What a filter would have sent, asked anew while it is being written: one question at a time, and the last one counts. */
import { api, dataOf } from '../../api/client'
import type { Filter, Preview } from '../../api/shapes'

const PAUSE_MS = 500

export class Previewing {
  found = $state.raw<Preview | null>(null)
  problem = $state.raw<unknown>(null)
  /** Whether what is shown is of an earlier filter. */
  busy = $state(false)

  #wanted: Filter | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #asking = false

  /** Null for a filter that is not whole yet: nothing is shown of it. */
  ask(filter: Filter | null): void {
    clearTimeout(this.#timer)
    this.#wanted = filter
    if (filter === null) {
      this.found = null
      this.problem = null
      this.busy = false
      return
    }
    this.busy = true
    this.#timer = setTimeout(() => void this.#ask(), PAUSE_MS)
  }

  async #ask(): Promise<void> {
    const filter = this.#wanted
    if (this.#asking || filter === null) return
    this.#asking = true
    let found: Preview | null = null
    let problem: unknown = null
    try {
      found = dataOf(await api.POST('/v1/subscription-previews', { body: { filter } }))
    } catch (error) {
      problem = error
    }
    this.#asking = false
    if (this.#wanted !== filter) {
      void this.#ask()
      return
    }
    this.found = found
    this.problem = problem
    this.busy = false
  }
}
