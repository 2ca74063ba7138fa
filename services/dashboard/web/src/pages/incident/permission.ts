/** Whether an action is offered to the key. */
import { session } from '../../session/session.svelte'

/** As long as it is not known what the key may do, every action is shown: the server's answer explains a refusal. */
export function mayDo(permission: string): boolean {
  return session.who === null || session.may(permission)
}
