/** Links within the page: the router would count one as a new page, and begin at its top. */
export function within(event: MouseEvent & { currentTarget: HTMLAnchorElement }): void {
  const part = document.getElementById(event.currentTarget.hash.slice(1))
  if (part === null) return
  event.preventDefault()
  event.stopPropagation()
  part.scrollIntoView()
  // The keyboard goes on from there.
  part.tabIndex = -1
  part.focus({ preventScroll: true })
}
