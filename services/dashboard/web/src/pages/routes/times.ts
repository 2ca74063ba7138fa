/** Times as they stand in an address and in a field, both in UTC: 2026-11-29T06:00Z and 2026-11-29T06:00. */

/** The instant that an address names, or null: now. A person may have typed it. */
export function timeOfAddress(named: unknown): string | null {
  if (typeof named !== 'string') return null
  const at = new Date(/(Z|[+-]\d\d:\d\d)$/.test(named) ? named : `${named}Z`)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

/** What a field of date and time shows, to the minute. */
export function fieldOf(at: string | Date): string {
  return new Date(at).toISOString().slice(0, 16)
}

/** The instant that a field names, or null where it is empty. */
export function timeOfField(field: string): string | null {
  return field === '' ? null : timeOfAddress(field)
}
