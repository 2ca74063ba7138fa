/** Before a page is shown: who comes back from the issuer is signed in, and whose token is of it has it renewed. */
import { session } from './session.svelte'

const BACK = '/signed-in'

export async function arrive(): Promise<void> {
  if (location.pathname === BACK) {
    try {
      const { comeBack } = await import('./issuer')
      history.replaceState(null, '', await comeBack())
    } catch {
      session.signInFailed = true
      history.replaceState(null, '', '/')
    }
    // The other page is loaded as one.
    if (location.pathname.startsWith('/field')) location.reload()
  }
  if (session.isToken) void import('./issuer').then(({ keep }) => keep()).catch(() => undefined)
}
