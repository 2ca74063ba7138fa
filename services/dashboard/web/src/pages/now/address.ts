/** Changes of what the page shows go into its address. */
import { searchParams } from 'sv-router'
import { textOfBounds } from '../../map/bounds'
import type { View } from './view'

/** Show something else of the page. `step`: one that the browser's Back undoes. */
export function show(change: Partial<View>, step = false): void {
  for (const [name, text] of Object.entries(textsOf(change))) {
    if (text === '') searchParams.delete(name, undefined, { replace: !step })
    else if (searchParams.toURLSearchParams().get(name) !== text) searchParams.set(name, text, { replace: !step })
  }
}

function textsOf(change: Partial<View>): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name of ['category', 'status', 'hazard'] as const) if (change[name]) texts[name] = change[name].join(',')
  if (change.place !== undefined) texts.place = change.place
  if (change.span !== undefined) texts.span = change.span
  if (change.at !== undefined) texts.at = change.at?.toISOString() ?? ''
  if (change.known !== undefined) texts.known = change.known ? 'true' : ''
  if (change.incident !== undefined) texts.incident = change.incident ?? ''
  if (change.box !== undefined) texts.box = change.box ? textOfBounds(change.box) : ''
  return texts
}
