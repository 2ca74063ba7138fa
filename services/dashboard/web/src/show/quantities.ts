/** Quantities as people read them: no more digits than the number is worth. */
import { currentLanguage } from '../words/words.svelte'

function write(value: number, options: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(currentLanguage() === 'fr' ? 'fr-FR' : 'en-GB', options).format(value)
}

/** Expected incidents: 1.1, 0.00047. */
export function countOf(expected: number): string {
  return write(expected, { maximumSignificantDigits: 2 })
}

/** 22,570. */
export function wholeOf(number: number): string {
  return write(number, {})
}

/** 68%, and never 0% or 100% of what is only likely. */
export function percentOf(share: number): string {
  if (share > 0 && share < 0.01) return `<${write(0.01, { style: 'percent' })}`
  if (share < 1 && share >= 0.995) return `>${write(0.99, { style: 'percent' })}`
  return write(share, { style: 'percent', maximumFractionDigits: 0 })
}

/** 12.3, along a route from its start. */
export function kmOf(km: number): string {
  return write(km, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
}

/** 340 m or 12 km. */
export function distanceOf(metres: number): string {
  const far = metres >= 1000
  return write(far ? metres / 1000 : metres, {
    style: 'unit',
    unit: far ? 'kilometer' : 'meter',
    maximumFractionDigits: far && metres < 10_000 ? 1 : 0,
  })
}

/** 25 minutes, 7 hours, 3 days. */
export function ageOf(days: number): string {
  const [value, unit] =
    days < 1 / 24
      ? [Math.max(1, days * 1440), 'minute']
      : days < 2
        ? [days * 24, 'hour']
        : [days, days < 730 ? 'day' : 'year']
  return write(unit === 'year' ? days / 365.25 : Number(value), {
    style: 'unit',
    unit: String(unit),
    unitDisplay: 'long',
    maximumFractionDigits: 0,
  })
}
