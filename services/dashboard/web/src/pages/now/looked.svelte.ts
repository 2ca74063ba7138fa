/** When this person last looked, kept on this device: what came after it is new. */
const NAME = 'clearway.looked'
const FIRST_LOOK_MS = 24 * 3600 * 1000

let looked = $state<string | null>(localStorage.getItem(NAME))

export function lastLooked(): { at: Date; isFirst: boolean } {
  const at = looked === null ? new Date(Date.now() - FIRST_LOOK_MS) : new Date(looked)
  return { at, isFirst: looked === null }
}

export function markSeen(): void {
  looked = new Date().toISOString()
  localStorage.setItem(NAME, looked)
}
