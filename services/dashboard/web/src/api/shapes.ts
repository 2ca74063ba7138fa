/** What the API answers, and what it takes, by the words that the pages use. */
import type { Readable } from 'openapi-typescript-helpers'
import type {
  AlertView,
  AreaOnRoute,
  AttachmentBody,
  AuditRecordView,
  AuditStatus as StatusOfAudit,
  BriefingReceipt,
  ClearanceView,
  DeadLetterDetail,
  DeadLetterView,
  DeliveryView,
  DuplicateBody,
  DuplicatesOfBody,
  Explanation,
  ExplanationView,
  FailingEndpointView,
  FilterForm,
  HeldTextBody,
  IncidentBody,
  IncidentCountsBody,
  IncidentMapBody,
  KeyView,
  ListedRevision,
  NewReport,
  NewSubscription,
  NineLineAnswer,
  operations,
  PassView,
  PreviewView,
  RatedRoute,
  RouteRisk as RiskOfRoute,
  ServiceStatus,
  SourceExplanationView,
  SourceView,
  SubscriptionView,
  VerifiedStretches,
  WholeHeldText,
} from './schema'

export type Incident = Readable<IncidentBody>
/** An incident that may be the same event as another one, and why. */
export type Duplicate = Readable<DuplicateBody>
/** A photo of an incident. */
export type Photo = Readable<AttachmentBody>
/** A text that is withheld from an incident, or was. */
export type HeldText = Readable<HeldTextBody>
export type HeldTextWithText = Readable<WholeHeldText>
export type DuplicatesOf = Readable<DuplicatesOfBody>
export type Route = Readable<RatedRoute>
export type Alert = Readable<AlertView>
export type Subscription = Readable<SubscriptionView>
export type IncidentCounts = Readable<IncidentCountsBody>
export type IncidentCountsQuery = NonNullable<operations['incident_counts.get']['parameters']['query']>
export type IncidentMap = Readable<IncidentMapBody>
export type IncidentMapQuery = operations['incident_map.get']['parameters']['query']
export type Revision = Readable<ListedRevision>
export type RouteRisk = Readable<RiskOfRoute>
export type RouteArea = Readable<AreaOnRoute>
export type RiskExplanation = Readable<Explanation>
export type Verified = Readable<VerifiedStretches>
export type Briefing = Readable<BriefingReceipt>
export type Clearance = Readable<ClearanceView>
export type Pass = Readable<PassView>
export type SubscriptionWithSecret = Readable<NewSubscription>
export type Filter = Readable<FilterForm>
export type Area = Filter['area']
export type Delivery = Readable<DeliveryView>
export type AlertExplanation = Readable<ExplanationView>
export type SourceExplanation = Readable<SourceExplanationView>
export type Source = Readable<SourceView>
export type Preview = Readable<PreviewView>
export type Status = Readable<ServiceStatus>
export type DeadLetter = Readable<DeadLetterView>
export type DeadLetterContents = Readable<DeadLetterDetail>
export type FailingEndpoint = Readable<FailingEndpointView>
export type AuditRecord = Readable<AuditRecordView>
export type AuditStatus = Readable<StatusOfAudit>
export type Key = Readable<KeyView>
/** What the server understood of a nine-line text. */
export type NineLine = Readable<NineLineAnswer>
type Needed = 'time' | 'location' | 'category'
/** A report as it is sent. What has a default may be left out, which the type of the document does not say. */
export type SentReport = Pick<NewReport, Needed> & Partial<Omit<NewReport, Needed>>
