/** The public API, with the types of its documents: a change of the API that breaks a page breaks the type check. */
import createClient, { type Middleware } from 'openapi-fetch'
import { v7 } from 'uuid'
import { session } from '../session/session.svelte'
import { waiting } from './waiting.svelte'
import type { paths } from './schema'

export const api = createClient<paths>({ baseUrl: '' })

const withKey: Middleware = {
  onRequest({ request }) {
    if (session.key) request.headers.set('Authorization', `Bearer ${session.key}`)
    return request
  },
  onResponse({ request, response }) {
    // The answer may be late: meanwhile another key may have been entered.
    const isOfThisKey = request.headers.get('Authorization') === `Bearer ${session.key}`
    if (response.status === 401 && isOfThisKey) session.refuse()
  },
}

/** What is only read is asked for again when the server says; a person who changes something is told when. */
const patient: Middleware = {
  async onResponse({ request, response, options }) {
    let answer = response
    for (let ms = waitOf(answer); request.method === 'GET' && ms > 0; ms = waitOf(answer)) {
      await waiting.wait(ms, request.signal)
      answer = await options.fetch(new Request(request))
    }
    return answer
  },
}
api.use(patient, withKey)

/** How long the server asks to wait, in milliseconds; 0 when it does not. */
export function waitOf(response: Response): number {
  const seconds = response.status === 429 ? Number(response.headers.get('retry-after')) : 0
  return Number.isFinite(seconds) ? seconds * 1000 : 0
}

/** What the server says when it does not do what was asked: RFC 9457. */
export interface Problem {
  type: string
  title: string
  status: number
  detail?: string
  code: string
  request_id?: string
  errors?: { field: string; pointer: string; problem: string; remedy: string }[]
  /** How long the server asks to wait before this is sent again: not in the document, but in its header. */
  waitMs?: number
}

/** Thrown where an answer is a problem. */
export class Refused extends Error {
  problem: Problem
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title)
    this.problem = problem
  }
}

/** The data of an answer. Throws Refused, or TypeError when no answer came. */
export function dataOf<Data>(answer: { data?: Data; error?: unknown; response: Response }): Data {
  if (answer.data !== undefined) return answer.data
  const problem = answer.error as Partial<Problem> | undefined
  throw new Refused({
    type: 'about:blank',
    code: 'unknown',
    title: problem?.title ?? answer.response.statusText,
    status: answer.response.status,
    ...problem,
    waitMs: waitOf(answer.response),
  })
}

export type Once = { 'Idempotency-Key': string }

/** A number for each attempt of a person to do something, so that it is done once however often it is sent. */
export function once(): Once {
  return { 'Idempotency-Key': v7() }
}

/** After this time a server that took the request and does not answer counts as one that is away. */
const ANSWER_MS = 20_000

/** For what a person asks to be done: it ends without an answer too, and may then be sent again as it was. */
export function inTime(): AbortSignal {
  return AbortSignal.timeout(ANSWER_MS)
}
