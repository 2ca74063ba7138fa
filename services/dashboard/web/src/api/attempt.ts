/** One attempt of a person to do something, which is done once however often it is sent. */
import { v7 } from 'uuid'

/** `unknown`: no answer came, or none that says whether it was done. */
export type Result<Done, Problem> = { done: Done } | { refused: Problem } | { unknown: true }

export class Attempt {
  #key: string | null = null
  #request = ''

  /** The key for this request: the same one as long as the same request has no answer that says what became of it. */
  keyFor(request: unknown): string {
    const sent = JSON.stringify(request)
    if (this.#key === null || sent !== this.#request) {
      this.#key = v7()
      this.#request = sent
    }
    return this.#key
  }

  /** It is known what became of it: what is sent next is another attempt. */
  settle(): void {
    this.#key = null
  }
}

/** From this status on the server, or something before it, failed in the middle: it may be done, or not. */
export const FAILED = 500

/** What became of a request. Whether it was done is only known when the server says so. */
export async function resultOf<Done, Problem>(
  answer: Promise<{ data?: Done; error?: unknown; response: Response }>,
  problemOf: (error: unknown, response: Response) => Problem,
): Promise<Result<Done, Problem>> {
  try {
    const { data, error, response } = await answer
    if (data !== undefined) return { done: data }
    return response.status >= FAILED ? { unknown: true } : { refused: problemOf(error, response) }
  } catch {
    // The link is cut, or the time is over. Both happen before and after the server has done it.
    return { unknown: true }
  }
}
