/** Background Sync, where a browser has it: the worker sends what waits, also when no window is open. */
export const SYNC_TAG = 'clearway.field'

interface WithSync extends ServiceWorkerRegistration {
  readonly sync?: { register(tag: string): Promise<void> }
}

/** What a worker gets when the link is back. It tries again later when the work fails. */
export interface SyncEvent extends ExtendableEvent {
  readonly tag: string
}

export async function askForSync(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  try {
    const registration: WithSync | undefined = await navigator.serviceWorker.getRegistration('/field')
    await registration?.sync?.register(SYNC_TAG)
  } catch {
    // A person may forbid it. The page then sends as long as it is open.
  }
}
