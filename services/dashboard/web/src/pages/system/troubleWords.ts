/** The two texts of each kind of trouble: what is wrong and what it means, and what to do. */
import { term, type Word } from '../../words/words.svelte'
import { spanOf } from './spans'
import type { Kind, Trouble } from './trouble'

export const WORDS: Record<Kind, { wrong: Word; todo: Word }> = {
  cut: { wrong: 'system.wrong.cut', todo: 'system.todo.cut' },
  away: { wrong: 'system.wrong.away', todo: 'system.todo.away' },
  unready: { wrong: 'system.wrong.unready', todo: 'system.todo.unready' },
  broker: { wrong: 'system.wrong.broker', todo: 'system.todo.broker' },
  worker: { wrong: 'system.wrong.worker', todo: 'system.todo.worker' },
  outbox: { wrong: 'system.wrong.outbox', todo: 'system.todo.outbox' },
  absent: { wrong: 'system.wrong.absent', todo: 'system.todo.absent' },
  behind: { wrong: 'system.wrong.behind', todo: 'system.todo.behind' },
  letters: { wrong: 'system.wrong.letters', todo: 'system.todo.letters' },
  disabled: { wrong: 'system.wrong.disabled', todo: 'system.todo.disabled' },
  failing: { wrong: 'system.wrong.failing', todo: 'system.todo.failing' },
  versions: { wrong: 'system.wrong.versions', todo: 'system.todo.versions' },
  unread: { wrong: 'system.wrong.unread', todo: 'system.todo.unread' },
}

export function valuesOf({ kind, service, name, count, seconds }: Trouble): Record<string, string | number> {
  const shown = kind === 'worker' ? term('system.worker', name) : name
  const spoken = service === null ? '' : term('system.service', service)
  return { service: service ?? 'other', spoken, name: shown, count, span: spanOf(seconds) }
}
