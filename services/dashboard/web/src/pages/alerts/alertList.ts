/** Which alerts are shown, and in which order: what nobody has taken note of first, the gravest and newest above. */
import type { Alert } from '../../api/shapes'
import { gravityOfAlert } from '../../marks/gravity'

export const KINDS = ['issued', 'updated', 'renewed', 'downgraded', 'cancelled'] as const
export const HOURS = [6, 24, 72, 168, 720] as const

/** What the address says is shown. Null means any. */
export interface Shown {
  subscription: string | null
  kind: Alert['kind'] | null
  hours: number | null
}

export interface Listed {
  open: Alert[]
  noted: Alert[]
  exercises: Alert[]
}

/** A word or number of the address that is none of those that it may be counts as any. */
export function shownOf(read: (name: string) => unknown): Shown {
  const subscription = read('subscription')
  const kind = KINDS.find((word) => word === read('kind')) ?? null
  const hours = HOURS.find((count) => count === Number(read('hours'))) ?? null
  return { subscription: typeof subscription === 'string' && subscription !== '' ? subscription : null, kind, hours }
}

export function isShown(alert: Alert, { subscription, kind, hours }: Shown, now: Date): boolean {
  if (subscription !== null && alert.subscription_id !== subscription) return false
  if (kind !== null && alert.kind !== kind) return false
  return hours === null || new Date(alert.issued_at).getTime() >= now.getTime() - hours * 3_600_000
}

/** Who was told something newer of the same thing does not need the older word of it: it is not asked for any more. */
function withoutReplaced(alerts: readonly Alert[]): Alert[] {
  const replaced = new Set(alerts.flatMap((alert) => alert.references))
  return alerts.filter((alert) => !replaced.has(alert.alert_id) || alert.acknowledged_at !== null)
}

function gravestFirst(one: Alert, other: Alert): number {
  return gravityOfAlert(other) - gravityOfAlert(one) || newestFirst(one, other)
}

function newestFirst(one: Alert, other: Alert): number {
  return other.issued_at.localeCompare(one.issued_at) || other.alert_id.localeCompare(one.alert_id)
}

export function listed(alerts: readonly Alert[], shown: Shown, now: Date): Listed {
  const kept = withoutReplaced(alerts).filter((alert) => isShown(alert, shown, now))
  const real = kept.filter((alert) => !alert.exercise)
  return {
    open: real.filter((alert) => alert.acknowledged_at === null).sort(gravestFirst),
    noted: real.filter((alert) => alert.acknowledged_at !== null).sort(newestFirst),
    exercises: kept.filter((alert) => alert.exercise).sort(newestFirst),
  }
}
