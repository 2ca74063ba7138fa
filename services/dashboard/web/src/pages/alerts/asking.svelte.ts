/** One thing that a person asks of the server: whether it is under way, and what the server said against it. */
export class Asking {
  busy = $state(false)
  problem = $state.raw<unknown>(null)

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
}
