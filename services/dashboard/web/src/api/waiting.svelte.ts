/** That the server has asked to wait, because much was asked for in a short time: the header of the page says so. */

class Waiting {
  /** When what waits longest is asked for again; null while nothing waits. */
  until = $state.raw<Date | null>(null)
  #count = 0

  /** Throws when `signal` ends it. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const until = new Date(Date.now() + ms)
    this.#count += 1
    if (this.until === null || until > this.until) this.until = until
    try {
      await pause(ms, signal)
    } finally {
      this.#count -= 1
      if (this.#count === 0) this.until = null
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', ended)
      resolve()
    }, ms)
    if (signal.aborted) ended()
    else signal.addEventListener('abort', ended, { once: true })
  })
}

export const waiting = new Waiting()
