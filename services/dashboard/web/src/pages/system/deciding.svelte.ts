/** What a person decides of dead letters, one or several at once, and what becomes of each. */
import { once, Refused } from '../../api/client'
import type { DeadLetter } from '../../api/shapes'
import { discardLetter, readLetter, replayLetter, type Consuming } from './services'

/** A dead letter, and the service that could not process its message. */
export interface Letter extends DeadLetter {
  service: Consuming
}

export type Decision = { kind: 'replay' } | { kind: 'discard'; reason: string }

export interface Outcome {
  letter: Letter
  decision: Decision
  /** As the server last said; null while it has said nothing. */
  now: DeadLetter | null
  /** Why it was not done, as far as is known. */
  problem: unknown
}

export class Deciding {
  busy = $state(false)
  outcomes = $state.raw<readonly Outcome[]>([])
  /** The number of an attempt that was not answered: sent again, it is done once. */
  #unanswered = new Map<string, { 'Idempotency-Key': string }>()

  /** One after the other, so that the first that is refused is seen before the link is full of them. */
  async decide(decision: Decision, letters: readonly Letter[]): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.outcomes = letters.map((letter) => ({ letter, decision, now: null, problem: null }))
    for (const { letter } of this.outcomes) await this.#attempt(letter, decision)
    this.busy = false
  }

  /** Send again what was not answered. */
  async again(): Promise<void> {
    if (this.busy) return
    this.busy = true
    const open = this.outcomes.filter(({ problem }) => problem !== null && !(problem instanceof Refused))
    for (const { letter, decision } of open) await this.#attempt(letter, decision)
    this.busy = false
  }

  /** See what became of those that are being replayed. What is not answered is seen the next time. */
  async look(): Promise<void> {
    for (const { letter, now } of this.outcomes) {
      if (now?.state !== 'replaying') continue
      try {
        this.#put(letter, { now: await readLetter(letter.service, letter.letter_id) })
      } catch {
        return
      }
    }
  }

  close(): void {
    this.outcomes = []
  }

  async #attempt(letter: Letter, decision: Decision): Promise<void> {
    const { service, letter_id } = letter
    const name = JSON.stringify([letter_id, decision])
    const number = this.#unanswered.get(name) ?? once()
    this.#unanswered.set(name, number)
    try {
      const now =
        decision.kind === 'replay'
          ? await replayLetter(service, letter_id, number)
          : await discardLetter(service, letter_id, decision.reason, number)
      this.#unanswered.delete(name)
      this.#put(letter, { now, problem: null })
    } catch (problem) {
      if (problem instanceof Refused) this.#unanswered.delete(name)
      this.#put(letter, { problem })
    }
  }

  #put(letter: Letter, change: Partial<Outcome>): void {
    this.outcomes = this.outcomes.map((one) =>
      one.letter.letter_id === letter.letter_id ? { ...one, ...change } : one,
    )
  }
}
