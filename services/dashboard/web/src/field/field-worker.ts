/** The field page's worker: it has the page when there is no network, and sends what waits when there is again. */
import type { WorkboxPlugin } from 'workbox-core/types.js'
import { ExpirationPlugin } from 'workbox-expiration'
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { CacheFirst } from 'workbox-strategies'
import { keptOnDevice } from '../session/onDevice'
import { SYNC_TAG, type SyncEvent } from './background'
import { Queue } from './queue'
import { sender } from './sending'
import { Store } from './store'

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null }[] }

precacheAndRoute(self.__WB_MANIFEST)
cleanupOutdatedCaches()
registerRoute(new NavigationRoute(createHandlerBoundToURL('/field.html'), { allowlist: [/^\/field(\/|$|\?)/] }))
// Its type and that of a strategy differ by an undefined alone.
const newest = new ExpirationPlugin({ maxEntries: 20 }) as WorkboxPlugin
// The map, once it was wanted and there. Names of these files have a hash of their content.
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith('/assets/'),
  new CacheFirst({ cacheName: 'field-map', plugins: [newest] }),
)

// A new version waits until a person takes it: a report may be half typed.
self.addEventListener('message', ({ data }: ExtendableMessageEvent) => {
  if ((data as { type?: string } | null)?.type === 'SKIP_WAITING') void self.skipWaiting()
})
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('sync', (event) => {
  const { tag } = event as SyncEvent
  if (tag === SYNC_TAG) (event as SyncEvent).waitUntil(sendAll())
})

async function sendAll(): Promise<void> {
  const store = new Store()
  try {
    const queue = new Queue({ store, send: sender(self.location.origin), locks: navigator.locks })
    const { nextAt, needsKey } = await queue.run(await keptOnDevice(), true)
    // Without a key the reports wait for a window; otherwise the browser wakes this worker again.
    if (nextAt !== null && !needsKey) throw new Error('reports still wait')
  } finally {
    await store.close()
  }
}
