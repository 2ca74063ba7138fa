/** The address says what is shown: the pages by their paths, what they show of it in the parameters. */
import { createRouter } from 'sv-router'

export const { p, navigate, isActive, route } = createRouter({
  '/': () => import('./pages/now/Now.svelte'),
  '/incidents/:id': () => import('./pages/incident/IncidentPage.svelte'),
  '/routes': () => import('./pages/routes/Routes.svelte'),
  '/routes/new': () => import('./pages/routes/NewRoute.svelte'),
  '/routes/:id': () => import('./pages/routes/RoutePage.svelte'),
  '/routes/:id/redraw': () => import('./pages/routes/Redraw.svelte'),
  '/alerts': () => import('./pages/alerts/Alerts.svelte'),
  '/trends': () => import('./pages/trends/Trends.svelte'),
  '/subscriptions': () => import('./pages/alerts/Subscriptions.svelte'),
  '/subscriptions/new': () => import('./pages/alerts/EditSubscription.svelte'),
  '/subscriptions/:id': () => import('./pages/alerts/Subscription.svelte'),
  '/subscriptions/:id/change': () => import('./pages/alerts/EditSubscription.svelte'),
  '/sources': () => import('./pages/alerts/Sources.svelte'),
  '/system': () => import('./pages/system/System.svelte'),
  '*': () => import('./pages/Unknown.svelte'),
})
