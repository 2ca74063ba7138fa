/** A decision on a withheld text, and how it is sent: at the revision that the person has read. */
import { api, dataOf, inTime, Refused, type Once } from '../../../api/client'
import type { HeldText, HeldTextWithText } from '../../../api/shapes'

export type Kind = 'whole' | 'redacted' | 'remove'
export const KINDS: readonly Kind[] = ['whole', 'redacted', 'remove']
/** As the API asks of a reason. */
const SHORTEST = 3

export interface Decision {
  kind: Kind
  held_id: string
  revision: number
  /** What is put in the place of the text, where that is something else. */
  words: string | null
  reason: string | null
}

/** What this key may do with it: who sent a text does not release it. */
export function kindsFor({ sent_by }: Pick<HeldText, 'sent_by'>, key_id: string | undefined): readonly Kind[] {
  return sent_by === key_id ? ['remove'] : KINDS
}

/** What is sent; null where something is missing. */
export function decisionOf(kind: Kind, text: HeldTextWithText, words: string, reason: string): Decision | null {
  const { held_id, revision } = text
  const [put, why] = [words.trim(), reason.trim()]
  if (kind === 'remove' && why.length < SHORTEST) return null
  // The same words are the text as it is, which is not what was chosen.
  if (kind === 'redacted' && (put === '' || put === text.text.trim())) return null
  return { kind, held_id, revision, words: kind === 'redacted' ? put : null, reason: why || null }
}

export async function decide({ kind, held_id, revision, words, reason }: Decision, header: Once): Promise<void> {
  const params = { path: { held_id }, header: { ...header, 'If-Match': `"${revision}"` } }
  const asked = { params, signal: inTime() }
  dataOf(
    kind === 'remove'
      ? await api.POST('/v1/held-texts/{held_id}/remove', { ...asked, body: { reason: reason ?? '' } })
      : await api.POST('/v1/held-texts/{held_id}/release', { ...asked, body: { text: words, reason } }),
  )
}

/** Whether the text is another one than the person has read: decided, or gone. */
export function isStale(problem: unknown): boolean {
  return problem instanceof Refused && [404, 409, 412].includes(problem.problem.status)
}
