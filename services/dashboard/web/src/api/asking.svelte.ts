/** One thing that a person asks of the server: whether it is under way, and what the server said against it. */
import { Attempt, FAILED } from './attempt'
import { Refused, type Once } from './client'

export class Asking {
  busy = $state(false)
  problem = $state.raw<unknown>(null)
  #attempt = new Attempt()

  /** True when it was done. What is asked for a second time while it is under way is not asked again. */
  async run(work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false
    this.busy = true
    this.problem = null
    try {
      await work()
      return true
    } catch (error) {
      this.problem = error
      return false
    } finally {
      this.busy = false
    }
  }

  /**
   * The same for what is done once, however often it is sent: `work` sends it with this header, which stays the same as
   * long as the same `request` has no answer that says what became of it.
   */
  async send(request: unknown, work: (header: Once) => Promise<void>): Promise<boolean> {
    if (this.busy) return false
    const header = { 'Idempotency-Key': this.#attempt.keyFor(request) }
    const done = await this.run(() => work(header))
    if (done || (this.problem instanceof Refused && this.problem.problem.status < FAILED)) this.#attempt.settle()
    return done
  }
}
