/** The page without a network, by its worker; and a new version of it, which a person takes when it suits. */
import { Workbox } from 'workbox-window'

class Update {
  ready = $state(false)
  #workbox: Workbox | null = null

  start(): void {
    if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
    this.#workbox = new Workbox('/field-worker.js', { scope: '/field' })
    this.#workbox.addEventListener('waiting', () => {
      this.ready = true
    })
    // Without it the page works as long as there is a network.
    this.#workbox.register().catch(() => undefined)
  }

  /** In this window alone: another one may hold a report that is half typed. */
  take(): void {
    this.#workbox?.addEventListener('controlling', () => location.reload())
    this.#workbox?.messageSkipWaiting()
  }
}

export const update = new Update()
