/** The alert that an event of the stream is about, in the shape of the list. */
import type { Alert } from '../api/shapes'
import type { StreamEvent } from './follow'

/** A whole alert comes without what the list says besides, a thin one in the list's own shape. */
type Sent = Partial<Alert> & Pick<Alert, 'alert_id'>

/** What an alert has in the list before anyone has taken note of it. What is read out is read from the server. */
const AS_ISSUED: Pick<
  Alert,
  'form' | 'left_out' | 'why_thin' | 'read_out' | 'revision' | 'acknowledged_by' | 'acknowledged_at'
> = {
  form: 'full',
  left_out: [],
  why_thin: null,
  read_out: null,
  revision: 1,
  acknowledged_by: null,
  acknowledged_at: null,
}

export function alertOf(
  { type, data }: StreamEvent,
  known: (id: string) => Alert | undefined,
): Alert | null | 'reread' {
  if (type === 'alert.digest_issued') return 'reread'
  const { alert: sent, by, at } = data as { alert?: Sent; by?: string; at?: string }
  if (!sent) return null
  const before = known(sent.alert_id)
  const alert = { ...AS_ISSUED, ...before, ...sent } as Alert
  if (type !== 'alert.acknowledged' || by === undefined || at === undefined) return alert
  return { ...alert, revision: Math.max(alert.revision, 2), acknowledged_by: by, acknowledged_at: at }
}
