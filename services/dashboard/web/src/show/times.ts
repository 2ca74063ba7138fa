/** Times as people read them: in the mission's zone, with UTC beside it where a time is decided by. */
import { session } from '../session/session.svelte'
import { currentLanguage } from '../words/words.svelte'

const FORMS = {
  clock: { timeStyle: 'medium' },
  time: { hour: '2-digit', minute: '2-digit' },
  day: { day: 'numeric', month: 'short' },
  moment: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>

/** Each is made once: a list of 500 lines would make thousands. */
const made = new Map<string, Intl.DateTimeFormat>()

/** The mission's zone, an IANA name; that of this device until the server says which. */
function ownZone(): string {
  return session.who?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

function write(at: Date, form: keyof typeof FORMS, timeZone = ownZone()): string {
  const language = currentLanguage() === 'fr' ? 'fr-FR' : 'en-GB'
  const name = `${language} ${form} ${timeZone}`
  const format = made.get(name) ?? new Intl.DateTimeFormat(language, { hourCycle: 'h23', timeZone, ...FORMS[form] })
  made.set(name, format)
  return format.format(at)
}

/** 14:03:05 in the mission's zone. */
export function timeOf(at: Date): string {
  return write(at, 'clock')
}

/** 29 Nov, 14:03 in the mission's zone; with a Z where that is UTC. */
export function momentOf(at: Date): string {
  const moment = write(at, 'moment')
  return moment === write(at, 'moment', 'UTC') ? `${moment}Z` : moment
}

/** The same moment as 13:03Z, with its day where that is another one; null where the mission's zone is UTC. */
export function utcOf(at: Date): string | null {
  const moment = write(at, 'moment', 'UTC')
  if (moment === write(at, 'moment')) return null
  return `${write(at, 'day') === write(at, 'day', 'UTC') ? write(at, 'time', 'UTC') : moment}Z`
}
