/** Where something is shown, for the links of several pages. */
import type { Alert } from '../api/shapes'

/** Where it is explained why an alert came. */
export function explanationOf(alert: Pick<Alert, 'subscription_id' | 'incident_id' | 'source_id'>): string {
  const about = alert.incident_id ? `incident=${alert.incident_id}` : `source=${alert.source_id ?? ''}`
  return `/subscriptions/${alert.subscription_id}?${about}`
}
