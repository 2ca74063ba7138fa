/** Times as people read them: in the mission's zone, with UTC beside it where a time is decided by. */
import { currentLanguage } from '../words/words.svelte'

let zone: string | undefined

/** The mission's zone, an IANA name; that of this device until the server says which. */
export function setZone(name: string | undefined): void {
  zone = name
}

function format(at: Date, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(currentLanguage() === 'fr' ? 'fr-FR' : 'en-GB', {
    hourCycle: 'h23',
    ...options,
  }).format(at)
}

/** 14:03:05 in the mission's zone. */
export function timeOf(at: Date): string {
  return format(at, { timeStyle: 'medium', timeZone: zone })
}

/** 29 Nov, 14:03 in the mission's zone. */
export function momentOf(at: Date): string {
  return format(at, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: zone })
}

/** 29 Nov, 13:03 in UTC, with a Z. */
export function utcOf(at: Date): string {
  return `${format(at, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })}Z`
}
