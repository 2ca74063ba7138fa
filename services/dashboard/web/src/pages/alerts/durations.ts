/** How long a source may be quiet: as the API writes it, and as a number of minutes, hours or days. */
export const UNITS = { minute: 60, hour: 3_600, day: 86_400 } as const
export type Unit = keyof typeof UNITS

export interface Quiet {
  count: number
  unit: Unit
}

const DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$/
const PARTS = [7 * UNITS.day, UNITS.day, UNITS.hour, UNITS.minute, 1]

/** Null for what is no duration. */
export function secondsOf(duration: string): number | null {
  const found = DURATION.exec(duration)
  if (!found || duration === 'P' || duration.endsWith('T')) return null
  return PARTS.reduce((sum, seconds, at) => sum + seconds * Number(found[at + 1] ?? 0), 0)
}

/** In the largest unit of which it is a whole number. */
export function quietOf(duration: string): Quiet {
  const seconds = secondsOf(duration) ?? 0
  const unit = (['day', 'hour', 'minute'] as const).find((unit) => seconds % UNITS[unit] === 0) ?? 'minute'
  return { count: Math.round(seconds / UNITS[unit]), unit }
}

export function durationOf({ count, unit }: Quiet): string {
  return unit === 'day' ? `P${count}D` : `PT${count}${unit === 'hour' ? 'H' : 'M'}`
}
