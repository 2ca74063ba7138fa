/** What the API answers, by the words that the pages use. */
import type { Readable } from 'openapi-typescript-helpers'
import type { AlertView, IncidentBody, RatedRoute, SubscriptionView } from './schema'

export type Incident = Readable<IncidentBody>
export type Route = Readable<RatedRoute>
export type Alert = Readable<AlertView>
export type Subscription = Readable<SubscriptionView>
