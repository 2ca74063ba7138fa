/** How long something lasts, for a person who decides by it: seconds where they matter. */
import { ageOf } from '../../show/quantities'
import { currentLanguage } from '../../words/words.svelte'

const SECONDS_UNTIL = 120

export function spanOf(seconds: number): string {
  if (seconds >= SECONDS_UNTIL) return ageOf(seconds / 86_400)
  const locale = currentLanguage() === 'fr' ? 'fr-FR' : 'en-GB'
  const form = { style: 'unit', unit: 'second', unitDisplay: 'long', maximumFractionDigits: 0 } as const
  return new Intl.NumberFormat(locale, form).format(seconds)
}
