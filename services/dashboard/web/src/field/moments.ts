/** Between a moment and what a browser's field for date and time holds, which is in the device's own time zone. */
export function fieldOf(moment: string | null): string {
  if (moment === null) return ''
  const at = new Date(moment)
  // Not by the offset: before there were time zones it is no whole number of minutes, and a year is typed digit by digit.
  const day = [written(at.getFullYear(), 4), written(at.getMonth() + 1), written(at.getDate())].join('-')
  return `${day}T${written(at.getHours())}:${written(at.getMinutes())}`
}

/** Null for what is no date yet. */
export function momentOfField(text: string): string | null {
  const at = new Date(text)
  return text === '' || Number.isNaN(at.getTime()) ? null : at.toISOString()
}

function written(number: number, digits = 2): string {
  return String(number).padStart(digits, '0')
}
