/** Two people changed one incident: what each of them did, field by field, so that neither is lost. */
import type { Draft, Value } from './draft'
import { isSame } from './differences'

export type Side = 'yours' | 'theirs'

/** A field that both changed, to different values. */
export interface Clash {
  name: string
  was: Value | null
  theirs: Value | null
  yours: Value | null
}

export interface Comparison {
  clashes: Clash[]
  /** Changed by the one alone: it stays as it was changed. */
  yoursAlone: string[]
  theirsAlone: string[]
}

/** `base`: the form as the person opened it; `theirs`: as it would open now; `yours`: as the person left it. */
export function compare(base: Draft, theirs: Draft, yours: Draft): Comparison {
  const found: Comparison = { clashes: [], yoursAlone: [], theirsAlone: [] }
  for (const name of Object.keys(yours)) {
    const [was, their, your] = [base[name] ?? null, theirs[name] ?? null, yours[name] ?? null]
    const [byThem, byYou] = [!isSame(was, their), !isSame(was, your)]
    if (byThem && byYou && !isSame(their, your)) found.clashes.push({ name, was, theirs: their, yours: your })
    else if (byYou && !byThem) found.yoursAlone.push(name)
    else if (byThem && !byYou) found.theirsAlone.push(name)
  }
  return found
}

/** The form to go on with. A clash that is not decided stays yours in the form, and must be decided before it is sent. */
export function joined(base: Draft, theirs: Draft, yours: Draft, chosen: Readonly<Record<string, Side>>): Draft {
  const { clashes, theirsAlone } = compare(base, theirs, yours)
  const draft: Draft = { ...yours }
  const taken = clashes.filter(({ name }) => chosen[name] === 'theirs').map(({ name }) => name)
  for (const name of [...theirsAlone, ...taken]) {
    const value = theirs[name]
    if (value !== undefined) draft[name] = value
  }
  return draft
}

export function isDecided({ clashes }: Comparison, chosen: Readonly<Record<string, Side>>): boolean {
  return clashes.every(({ name }) => chosen[name] !== undefined)
}
