/** A form as a person fills it in: the fields of each action, what they hold at first, and what is sent of them. */
import type { Incident } from '../../api/shapes'
import { plainDegrees, positionIn, type Position } from '../../show/places'
import { isSame, valueAt } from './differences'

export type Hurt = Incident['casualties'][number]
export type Value = string | boolean | string[] | Hurt[]
export type Draft = Record<string, Value>

export type FieldKind =
  'text' | 'line' | 'moment' | 'number' | 'choice' | 'several' | 'flag' | 'lines' | 'place' | 'casualties' | 'incident'

export interface Field {
  /** As in the body that is sent; dotted where it is nested. */
  name: string
  kind: FieldKind
  options?: readonly string[]
  /** The group of words that name the options. */
  group?: string
  required?: boolean
  /** Its name in the incident, where it has one: what another person changes there meanwhile is compared. */
  path?: string
  /** What it holds at first, where the incident does not say. */
  first?: Value
  most?: number
  /** What is sent, where something else than this form decided it: the person is not asked. */
  given?: Value
}

export function draftOf(fields: readonly Field[], incident: Incident): Draft {
  return Object.fromEntries(
    fields.map((field) => [field.name, valueOf(field, field.path ? valueAt(incident, field.path) : null)]),
  )
}

/** What is sent of the fields that nobody is asked for. */
export function givenOf(fields: readonly Field[]): Draft {
  return Object.fromEntries(fields.flatMap(({ name, given }) => (given === undefined ? [] : [[name, given]])))
}

function valueOf({ kind, first }: Field, known: unknown): Value {
  if (known === null) return first ?? empty(kind)
  if (kind === 'flag') return known === true
  if (kind === 'several') return [...(known as string[])]
  if (kind === 'casualties') return (known as Hurt[]).map((hurt) => ({ ...hurt }))
  if (kind === 'lines') return (known as string[]).join('\n')
  if (kind === 'place') return plainDegrees((known as { coordinates: Position }).coordinates)
  if (kind === 'moment') return typedMoment(String(known))
  return String(known)
}

function empty(kind: FieldKind): Value {
  if (kind === 'flag') return false
  return kind === 'several' || kind === 'casualties' ? [] : ''
}

/** As an input of a date and a time holds it, in UTC. */
export function typedMoment(at: string): string {
  return new Date(at).toISOString().slice(0, 19)
}

/** The JSON of what is typed; null where it is empty. */
export function jsonOf({ kind }: Field, value: Value): unknown {
  if (typeof value !== 'string') return value
  const typed = value.trim()
  if (kind === 'lines') {
    return typed
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
  }
  if (typed === '') return null
  if (kind === 'moment') return `${typed.length === 16 ? `${typed}:00` : typed.slice(0, 19)}Z`
  if (kind === 'number') return Number(typed)
  if (kind === 'place') return { type: 'Point', coordinates: positionIn(typed) }
  return typed
}

export type Fault = 'required' | 'place' | 'number' | 'casualties'

/** What can be seen to be wrong before it is sent, by the name of the field. */
export function faultsOf(fields: readonly Field[], draft: Draft): Record<string, Fault> {
  const found = fields.map((field) => [field.name, faultOf(field, draft[field.name] ?? '')] as const)
  return Object.fromEntries(found.filter((fault): fault is [string, Fault] => fault[1] !== null))
}

function faultOf({ kind, required }: Field, value: Value): Fault | null {
  if (kind === 'casualties') {
    const isBounded = ({ low, best, high }: Hurt) => low >= 0 && low <= best && best <= high
    return (value as Hurt[]).every(isBounded) ? null : 'casualties'
  }
  if (typeof value !== 'string') return null
  if (value.trim() === '') return required ? 'required' : null
  if (kind === 'place' && positionIn(value) === null) return 'place'
  return kind === 'number' && !Number.isFinite(Number(value)) ? 'number' : null
}

/** A JSON merge patch (RFC 7396) of the fields that the person changed. What follows from one is left to the server. */
export function patchOf(fields: readonly Field[], base: Draft, draft: Draft): Record<string, unknown> {
  const patch: Record<string, unknown> = {}
  for (const field of fields) {
    const value = draft[field.name]
    if (value === undefined || isSame(base[field.name], value)) continue
    put(patch, field.name.split('.'), jsonOf(field, value))
  }
  return patch
}

function put(into: Record<string, unknown>, [name = '', ...deeper]: string[], value: unknown): void {
  if (deeper.length === 0) {
    into[name] = value
    return
  }
  const inner = (into[name] ??= {}) as Record<string, unknown>
  put(inner, deeper, value)
}

/** The field that an error of the server is about: the one whose name its place begins with, the longest first. */
export function fieldOf(fields: readonly Field[], place: string): string | null {
  const name = place.replace(/^(body|query)\./, '')
  const found = fields
    .map((field) => field.name)
    .filter((known) => name === known || name.startsWith(`${known}.`) || known.startsWith(`${name}.`))
  return found.sort((one, other) => other.length - one.length)[0] ?? null
}
