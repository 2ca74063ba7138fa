/** One attempt to give a report to the server, and what its answer means for the report. */
import createClient from 'openapi-fetch'
import type { Problem } from '../api/client'
import type { NewReport, paths } from '../api/schema'
import type { Entry } from './entry'

/** `later`: it may have arrived or not, so the same is sent again. `key`: the server does not accept the key. */
export type Answer =
  { is: 'sent'; at: string } | { is: 'refused'; problem: Problem } | { is: 'later'; waitMs: number } | { is: 'key' }

export type Send = (entry: Entry, key: string) => Promise<Answer>

/** A link of the field may need long for a few kB; after this it is cut. */
const LONGEST_MS = 30_000
/** Statuses that say nothing of the report. */
const LATER: readonly number[] = [408, 425, 429]

/** A client of its own: the worker that also sends has no session. `fetcher` is what a test gives. */
export function sender(
  base = '',
  fetcher: (request: Request) => Promise<Response> = (request) => fetch(request),
): Send {
  const client = createClient<paths>({ baseUrl: base, fetch: fetcher })
  return async (entry, key) => {
    if (entry.body === null) throw new Error('a report without content is not sent')
    try {
      const { data, error, response } = await client.POST('/v1/incidents', {
        body: entry.body as NewReport,
        params: { header: { 'Idempotency-Key': entry.key } },
        headers: { Authorization: `Bearer ${key}` },
        signal: AbortSignal.timeout(LONGEST_MS),
        redirect: 'error',
        cache: 'no-store',
      })
      if (response.ok)
        return data?.incident_id === entry.id ? { is: 'sent', at: data.time.recorded_at } : later(response)
      // A network that wants a sign-in of its own, or a proxy, also answers: only the API's own word counts.
      if (!isProblem(response) || !error || response.status >= 500 || LATER.includes(response.status)) {
        return later(response)
      }
      if (response.status === 401) return { is: 'key' }
      return { is: 'refused', problem: error as Problem }
    } catch {
      // No network, a cut link, or an answer that cannot be read.
      return { is: 'later', waitMs: 0 }
    }
  }
}

function isProblem(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('application/problem+json') ?? false
}

function later(response: Response): Answer {
  const seconds = Number(response.headers.get('retry-after') ?? 0)
  return { is: 'later', waitMs: Number.isFinite(seconds) ? seconds * 1000 : 0 }
}
