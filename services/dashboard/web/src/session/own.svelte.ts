/** What this device keeps for the holder of the key. Two people who share a computer have each their own. */
import { session } from './session.svelte'

let writes = $state(0)

function nameOf(name: string): string {
  return `${name} ${session.keyId}`
}

export function readOwn(name: string): string | null {
  void writes
  return localStorage.getItem(nameOf(name))
}

export function writeOwn(name: string, value: string): void {
  localStorage.setItem(nameOf(name), value)
  writes += 1
}
