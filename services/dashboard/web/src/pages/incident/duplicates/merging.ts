/** What is asked of a person who decides about two incidents: which one stays, and whose figures of people hold. */
import type { Incident } from '../../../api/shapes'
import { isSame } from '../differences'
import type { Field } from '../draft'
import { fieldsOf } from '../fields'

/** `apart`: the two are two events. */
export type Decision = 'into_other' | 'into_this' | 'apart'

/** The fields of the merge of one incident into another one. Where both say the same of people hurt, nothing is chosen. */
export function fieldsOfMerge(alias: Incident, survivor: Incident, now: Date): readonly Field[] {
  const isChosen = !isSame(alias.casualties, survivor.casualties)
  return fieldsOf('merge', alias, now, false).map((field): Field => {
    if (field.name === 'survivor_id') return { ...field, given: survivor.incident_id }
    if (field.name !== 'casualties') return field
    if (!isChosen) return { ...field, given: 'survivor' }
    return { ...field, first: '', required: true, group: 'duplicates.casualties_of' }
  })
}

/** The fields of the correction by which another incident is named as related: it is not suggested again. */
export function fieldsOfApart(incident: Incident, other_id: string, now: Date): readonly Field[] {
  return fieldsOf('correct', incident, now, false)
    .filter(({ name }) => ['links.related', 'reason'].includes(name))
    .map((field) =>
      field.name === 'links.related'
        ? { ...field, given: [...new Set([...incident.links.related, other_id])].join('\n') }
        : field,
    )
}
