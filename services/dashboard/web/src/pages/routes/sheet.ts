/**
 * The sheet of paper of a departure check, in a window of its own.
 *
 * The key travels in a header, so the sheet has no address that a window could open: it is read here, and shown as a
 * blob. Its window has this page's origin and policy, which allow its style; it needs no script.
 */

/** A window that nobody closes keeps its sheet this long. */
const KEPT_MS = 10 * 60_000

/** Show it and open the browser's print dialogue. False where the browser lets no window open. */
export function printSheet(sheet: Blob): boolean {
  const address = URL.createObjectURL(new Blob([sheet], { type: 'text/html;charset=utf-8' }))
  const shown = window.open(address, '_blank')
  if (shown === null) {
    URL.revokeObjectURL(address)
    return false
  }
  shown.addEventListener('load', () => shown.print(), { once: true })
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS)
  return true
}
