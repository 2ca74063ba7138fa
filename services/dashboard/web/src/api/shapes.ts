/** What the API answers, by the words that the pages use. */
import type { Readable } from 'openapi-typescript-helpers'
import type { AlertView, IncidentBody, IncidentMapBody, ListedRevision, operations, RatedRoute, SubscriptionView } from './schema'

export type Incident = Readable<IncidentBody>
export type Route = Readable<RatedRoute>
export type Alert = Readable<AlertView>
export type Subscription = Readable<SubscriptionView>
export type IncidentMap = Readable<IncidentMapBody>
export type IncidentMapQuery = operations['incident_map.get']['parameters']['query']
export type Revision = Readable<ListedRevision>
