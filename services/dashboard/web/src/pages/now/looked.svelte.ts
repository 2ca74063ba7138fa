/** When this person last looked, kept on this device: what came after it is new. */
import { readOwn, writeOwn } from '../../session/own.svelte'

const NAME = 'clearway.looked'
const FIRST_LOOK_MS = 24 * 3600 * 1000
/** What is older is not news any more, and the streams do not keep it for ever. */
const LONGEST_MS = 7 * FIRST_LOOK_MS

const opened = Date.now()

/** `why`: the person never looked on this device, or so long ago that the last days alone are shown. */
export function lastLooked(): { at: Date; why: 'first' | 'long' | null } {
  const looked = readOwn(NAME)
  if (looked === null) return { at: new Date(opened - FIRST_LOOK_MS), why: 'first' }
  const longest = new Date(opened - LONGEST_MS)
  const at = new Date(looked)
  return at < longest ? { at: longest, why: 'long' } : { at, why: null }
}

export function markSeen(): void {
  writeOwn(NAME, new Date().toISOString())
}
