/** Signing out: of this window, and of the issuer where the person came from there. */
import { session } from './session.svelte'

export async function leave(): Promise<void> {
  if (session.isToken) await (await import('./issuer')).signOut()
  else session.leave()
}
