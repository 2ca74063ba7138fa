/** Reading again while things change: not more often than this, and never before the last answer is there. */
export class Pace {
  #timer: ReturnType<typeof setTimeout> | undefined
  #read: () => void
  #busy: () => boolean
  #wait_ms: number

  constructor(read: () => void, busy: () => boolean, wait_ms: number) {
    this.#read = read
    this.#busy = busy
    this.#wait_ms = wait_ms
  }

  /** Something changed. The first of many changes decides when it is read. */
  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      // An answer that takes longer than the changes are apart would never come.
      if (this.#busy()) this.soon()
      else this.#read()
    }, this.#wait_ms)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
