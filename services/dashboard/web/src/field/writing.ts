/** What is typed into a form goes to its own report, whatever the page shows when the device has written it. */
import type { Draft } from './draft'

/** Keeps the draft in the report of this id, or in a new one for null. The id of the report, once there is one. */
export type Keep = (id: string | null, draft: Draft) => Promise<string | null>

export class Writing {
  #id: string | null
  #keep: Keep
  #newest: Draft | null = null
  #written: Promise<void> = Promise.resolve()

  constructor(id: string | null, keep: Keep) {
    this.#id = id
    this.#keep = keep
  }

  /** One after the other: the first letter makes the report that the next ones change. A slow device skips some. */
  write(draft: Draft): void {
    this.#newest = draft
    const next = async () => {
      if (draft === this.#newest) this.#id = await this.#keep(this.#id, draft)
    }
    this.#written = this.#written.then(next, next)
    // Said by `done`, and by the page.
    this.#written.catch(() => undefined)
  }

  /** The report, with all that was typed. Rejects where the device did not keep the last of it. */
  async done(): Promise<string | null> {
    await this.#written
    return this.#id
  }
}
