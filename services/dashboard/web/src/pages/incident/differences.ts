/** How two states of an incident differ, field by field, by the names that the API uses. */

/** `before` or `after` is null where the field is empty. */
export interface Difference {
  path: string
  before: unknown
  after: unknown
}

/** They change with every revision or with the reader, and say nothing of the event. */
const BOOKKEEPING: readonly string[] = ['revision', 'audit', 'form', 'left_out', 'withheld', 'history']

type Fields = Readonly<Record<string, unknown>>

/** Lists and points are compared whole. */
export function differences(before: object, after: object): Difference[] {
  return [...between(before as Fields, after as Fields, '')]
}

function* between(before: Fields, after: Fields, prefix: string): Generator<Difference> {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (prefix === '' && BOOKKEEPING.includes(name)) continue
    const [left, right] = [before[name] ?? null, after[name] ?? null]
    if (isSame(left, right)) continue
    if (isGroup(left) && isGroup(right)) yield* between(left ?? {}, right ?? {}, `${prefix}${name}.`)
    else yield { path: `${prefix}${name}`, before: left, after: right }
  }
}

/** Fields that have a name of their own, such as those of a clearance; null where there are none of them yet. */
function isGroup(value: unknown): value is Fields | null {
  return (
    value === null ||
    (typeof value === 'object' && value !== null && !Array.isArray(value) && !('coordinates' in value))
  )
}

/** Whether two values say the same. A field that is missing is one that is empty. */
export function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => isSame(item, right[index]))
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) || Array.isArray(right)) return false
  const [one, other] = [left as Fields, right as Fields]
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => isSame(one[name] ?? null, other[name] ?? null))
}

/** The value at a dotted name; null where there is none. */
export function valueAt(incident: object, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (isObject(value) ? (value[name] ?? null) : null), incident)
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

interface Listed {
  revision: number
  incident: object | null
}

/** What each revision changed, by its number. Null where it or the one before it is not there: only names are known. */
export function changesOf(revisions: readonly Listed[]): Map<number, Difference[] | null> {
  const states = new Map(revisions.map(({ revision, incident }) => [revision, incident]))
  return new Map(
    revisions.map(({ revision, incident }) => {
      if (revision === 1) return [revision, []]
      const earlier = states.get(revision - 1)
      return [revision, incident && earlier ? differences(earlier, incident) : null]
    }),
  )
}
