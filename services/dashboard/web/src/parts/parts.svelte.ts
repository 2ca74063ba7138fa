/**
 * The parts of a page that are loaded when they are needed: pages, the map, charts, words.
 *
 * On a bad link a part may not arrive, so it is asked for until it is there. Where the server answers and the part does
 * not come, an upgrade has removed it, or the browser does not ask a second time for a file that failed: then the page
 * is loaded anew.
 */
const AGAIN_MS = 2_000
/** A server that takes a request and does not answer counts as one that is away. */
const ANSWER_MS = 10_000
/** How often the server answers and the part does not come: on a bad link one request may arrive and the next may not. */
const SURE = 2
const NAME = 'clearway.anew'

let count = $state(0)
/** The styles that did not arrive. The build asks for those of a part once. */
const unstyled = new Set<HTMLLinkElement>()
let anew: (() => void) | null = null

/** Whether a part that is wanted did not arrive, and is asked for again. */
export function isPartMissing(): boolean {
  return count > 0
}

/** How this page is loaded anew. It is done once for each part. A page that a person is to load anew does not call it. */
export function loadAnewBy(reload: () => void): void {
  anew = reload
}

/** The part, when it is there. It is asked for until then; a part that is not wanted any more never comes. */
export async function part<Part>(from: () => Promise<Part>, isWanted: () => boolean = () => true): Promise<Part> {
  try {
    return await from()
  } catch (error) {
    console.error(error)
  }
  count += 1
  try {
    for (let answers = 0; ;) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      if (!isWanted()) break
      answers = (await serverAnswers()) ? answers + 1 : 0
      try {
        const its = await from()
        await restyle()
        return its
      } catch {
        if (answers >= SURE && isWanted()) loadAnew(from)
      }
    }
  } finally {
    count -= 1
  }
  return new Promise(() => undefined)
}

globalThis.document?.addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') unstyled.add(target)
  },
  true,
)

/** Ask again for the styles that did not arrive. Throws where they do not. */
async function restyle(): Promise<void> {
  const links = [...unstyled]
  unstyled.clear()
  await Promise.all(
    links.map(
      (link) =>
        new Promise((resolve, reject) => {
          const again = link.cloneNode() as HTMLLinkElement
          again.addEventListener('load', resolve)
          again.addEventListener('error', reject)
          link.replaceWith(again)
        }),
    ),
  )
}

async function serverAnswers(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS)
    return (await fetch('/dashboard.json', { cache: 'no-store', signal })).ok
  } catch {
    return false
  }
}

/** Its text names the file with the hash of its content: what loads it after an upgrade is another one. */
function loadAnew(from: () => unknown): void {
  if (!anew) return
  const name = `${NAME} ${String(from)}`
  if (sessionStorage.getItem(name) !== null) return
  sessionStorage.setItem(name, new Date().toISOString())
  anew()
}
