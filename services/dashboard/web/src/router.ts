/** The address says what is shown: the pages by their paths, what they show of it in the parameters. */
import { createRouter } from 'sv-router'
import { partWith, type Group } from './words/words.svelte'

let last = 0

/** Of the pages that a person asked for, the last one is wanted. `words`: the groups of texts that it needs besides. */
async function page<Page>(from: () => Promise<Page>, ...words: Group[]): Promise<Page> {
  const its = ++last
  return partWith(words, from, () => its === last)
}

/** Where a person is going: the address says so once the page is there. */
let destination: string | null = null

/** Load this page anew, as the one that the person is going to. */
export function loadAnew(): void {
  if (destination === null) location.reload()
  else location.assign(destination)
}

// The router takes for a page that is loaded what has `() => import(…)` in its text.
export const { p, navigate, isActive, route } = createRouter({
  hooks: {
    beforeLoad({ pathname, search }) {
      const asked = new URLSearchParams(Object.entries(search).map(([name, value]) => [name, String(value)]))
      // On the way back the browser has changed the address already.
      destination = pathname === location.pathname ? null : `${pathname}?${asked}`
    },
    afterLoad() {
      destination = null
    },
  },
  '/': () => page(() => import('./pages/now/Now.svelte')),
  '/incidents/:id': () => page(() => import('./pages/incident/IncidentPage.svelte'), 'incident'),
  '/routes': () => page(() => import('./pages/routes/Routes.svelte'), 'routes'),
  '/routes/new': () => page(() => import('./pages/routes/NewRoute.svelte'), 'routes'),
  '/routes/:id': () => page(() => import('./pages/routes/RoutePage.svelte'), 'routes'),
  '/routes/:id/redraw': () => page(() => import('./pages/routes/Redraw.svelte'), 'routes'),
  '/alerts': () => page(() => import('./pages/alerts/Alerts.svelte'), 'alerts'),
  '/trends': () => page(() => import('./pages/trends/Trends.svelte'), 'trends'),
  '/subscriptions': () => page(() => import('./pages/alerts/Subscriptions.svelte'), 'alerts'),
  '/subscriptions/new': () => page(() => import('./pages/alerts/EditSubscription.svelte'), 'alerts'),
  '/subscriptions/:id': () => page(() => import('./pages/alerts/Subscription.svelte'), 'alerts'),
  '/subscriptions/:id/change': () => page(() => import('./pages/alerts/EditSubscription.svelte'), 'alerts'),
  '/sources': () => page(() => import('./pages/alerts/Sources.svelte'), 'alerts'),
  '/system': () => page(() => import('./pages/system/System.svelte'), 'system'),
  '*': () => page(() => import('./pages/Unknown.svelte')),
})
