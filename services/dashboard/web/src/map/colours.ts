/** The page's colours as the map needs them: it draws on a canvas, which knows no custom properties. */
const NAMES = [
  'paper',
  'raised',
  'ink',
  'quiet',
  'rule',
  'accent',
  'warn',
  'gravity-0',
  'gravity-1',
  'gravity-2',
  'gravity-3',
  'gravity-4',
  'map-sea',
  'map-land',
  'map-border',
] as const

export type Colours = Record<(typeof NAMES)[number], string>

/** The colours of the scheme that is shown now. */
export function colours(): Colours {
  // Only the browser resolves light-dark(), and only in a property that is a colour.
  const probe = document.createElement('span')
  document.body.append(probe)
  const found = {} as Colours
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`
    found[name] = getComputedStyle(probe).color
  }
  probe.remove()
  return found
}

/** Call `listener` when the person or the device changes between light and dark. The result ends it. */
export function onScheme(listener: () => void): () => void {
  const device = matchMedia('(prefers-color-scheme: dark)')
  const chosen = new MutationObserver(listener)
  device.addEventListener('change', listener)
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-scheme'] })
  return () => {
    device.removeEventListener('change', listener)
    chosen.disconnect()
  }
}
