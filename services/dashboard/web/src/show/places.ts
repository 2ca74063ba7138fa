/** Places as people read them: degrees and MGRS. */

/** 9.90381 N 30.05866 W: as many decimals as the record has, five at most (a metre). */
export function degreesOf([longitude, latitude]: readonly number[], decimals = 5): string {
  if (longitude === undefined || latitude === undefined) return ''
  const part = (value: number, positive: string, negative: string) =>
    `${Number(Math.abs(value).toFixed(decimals))} ${value < 0 ? negative : positive}`
  return `${part(latitude, 'N', 'S')} ${part(longitude, 'E', 'W')}`
}
