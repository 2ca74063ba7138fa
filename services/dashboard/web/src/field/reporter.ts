/** Who reports with this device, kept on it: the answer is mostly the same. */
import type { Reporter } from './draft'

const NAME = 'clearway.reporter'

export function lastReporter(): Reporter {
  try {
    const { organisation, role } = JSON.parse(localStorage.getItem(NAME) ?? '{}') as Partial<Reporter>
    return { organisation: organisation ?? '', role: role ?? '' }
  } catch {
    return { organisation: '', role: '' }
  }
}

export function keepReporter({ organisation, role }: Reporter): void {
  localStorage.setItem(NAME, JSON.stringify({ organisation, role }))
}
