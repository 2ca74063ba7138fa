/** The language that is spoken, for what turns filters into words. */
import type { Route } from '../../api/shapes'
import { currentLanguage, say, term } from '../../words/words.svelte'
import type { Speech } from './filterWords'

export function speech(routes: ReadonlyMap<string, Route>): Speech {
  const locale = currentLanguage() === 'fr' ? 'fr-FR' : 'en-GB'
  return {
    say,
    term,
    distance: (metres) => distance(metres, locale),
    list: (items) => new Intl.ListFormat(locale, { type: 'conjunction' }).format(items),
    route: (id) => routes.get(id)?.name ?? null,
  }
}

function distance(metres: number, locale: string): string {
  const far = metres >= 1000
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: far ? 'kilometer' : 'meter',
    maximumFractionDigits: far ? 1 : 0,
  }).format(far ? metres / 1000 : metres)
}
