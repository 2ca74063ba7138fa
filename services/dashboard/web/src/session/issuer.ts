/**
 * Signing in at the mission's issuer: the authorization code flow with PKCE.
 *
 * What the issuer gives is kept for this window's session alone, as a key is. It is loaded only where it is needed.
 */
import { UserManager, WebStorageStateStore, type User } from 'oidc-client-ts'
import { installation } from '../installation'
import { session } from './session.svelte'

/** Where the issuer sends a person back to: see `arriving.ts`. */
const BACK = '/signed-in'
/** The token is renewed so long before it ends. */
const RENEWED_SECONDS = 60
const AGAIN_MS = 5_000

let opened: Promise<UserManager | null> | null = null

function manager(): Promise<UserManager | null> {
  opened ??= open()
  return opened
}

async function open(): Promise<UserManager | null> {
  const { sign_in } = await installation()
  if (sign_in === null) return null
  const kept = new WebStorageStateStore({ store: sessionStorage })
  const made = new UserManager({
    authority: sign_in.issuer,
    client_id: sign_in.client_id,
    scope: sign_in.scope,
    redirect_uri: location.origin + BACK,
    post_logout_redirect_uri: `${location.origin}/`,
    response_type: 'code',
    userStore: kept,
    stateStore: kept,
    automaticSilentRenew: false,
    accessTokenExpiringNotificationTimeInSeconds: RENEWED_SECONDS,
    loadUserInfo: false,
  })
  made.events.addUserLoaded((user) => session.renew(user.access_token))
  made.events.addAccessTokenExpiring(() => void renew(made))
  return made
}

/** Leave for the issuer's page, and come back to where the person is. */
export async function signIn(): Promise<void> {
  await (await manager())?.signinRedirect({ state: location.pathname + location.search })
}

/** What the issuer sent the person back with becomes the token of this window. Returns the address to go on at. */
export async function comeBack(): Promise<string> {
  const back = await manager()
  if (back === null) return '/'
  const user: User = await back.signinRedirectCallback()
  session.enterToken(user.access_token)
  return typeof user.state === 'string' && user.state.startsWith('/') ? user.state : '/'
}

/** Renew the token of this window before it ends, as long as the window is open. */
export async function keep(): Promise<void> {
  const keeping = await manager()
  const user = await keeping?.getUser(true)
  if (keeping && user && (user.expires_in ?? 0) < RENEWED_SECONDS) await renew(keeping)
}

/** Sign out here, and at the issuer, where it can be reached. */
export async function signOut(): Promise<void> {
  const leaving = await manager()
  const user = await leaving?.getUser()
  session.leave()
  if (!leaving || !user) return
  try {
    await leaving.signoutRedirect()
  } catch {
    await leaving.removeUser()
  }
}

/** Until the issuer has given another token, or says no. A token that has ended is refused by the server. */
async function renew(renewing: UserManager): Promise<void> {
  while (session.isToken) {
    try {
      await renewing.signinSilent()
      return
    } catch (error) {
      // The issuer answered, and will not answer otherwise.
      if (error instanceof Error && error.name === 'ErrorResponse') return
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }
}
