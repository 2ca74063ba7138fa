/**
 * The field page in the build: an address of its own, the files that its worker keeps, and their size.
 *
 * The worker keeps what the page loads at first, and nothing of the other pages.
 */
import { gzipSync } from 'node:zlib'
import type { Connect, Plugin } from 'vite'

const ENTRY = 'field.html'
const ADDRESS = /^\/field(\/|\?|$)/
/** The texts that the page asks for, and in which language: `field/main.ts` says which groups. */
const TEXTS = /\/words\/(?:(?:field|incident)\.)?(\w+)\.json$/
/** Compressed; a link of the field carries no more in the first seconds. */
const MOST_BYTES = 150_000

type Loaded = { code: string; imports: string[]; dynamicImports: string[]; viteMetadata?: { importedCss: Set<string> } }

export interface FieldPage {
  plugin: Plugin
  /** Whether the worker keeps the file of this address. */
  keeps(url: string): boolean
}

export function fieldPage(): FieldPage {
  const kept = new Set<string>([ENTRY, 'field.webmanifest', 'icon.svg'])
  const plugin: Plugin = {
    name: 'clearway-field-page',
    configureServer: ({ middlewares }) => void middlewares.use(answer),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(answer),
    writeBundle(_options, bundle) {
      const sizes: number[] = []
      const languages = new Map<string, Set<string>>()
      const languageOf = (name: string) => {
        const file = bundle[name]
        return file?.type === 'chunk' ? TEXTS.exec(file.facadeModuleId ?? '')?.[1] : undefined
      }
      const sizeOf = (name: string) => {
        const file = bundle[name]
        return file ? gzipSync(file.type === 'chunk' ? file.code : file.source).length : 0
      }
      const take = (name: string): void => {
        const file = bundle[name]
        if (!file || kept.has(name)) return
        kept.add(name)
        sizes.push(sizeOf(name))
        if (file.type !== 'chunk') return
        const { imports, dynamicImports, viteMetadata } = file as unknown as Loaded
        for (const next of [...imports, ...(viteMetadata?.importedCss ?? [])]) take(next)
        for (const next of dynamicImports) {
          const language = languageOf(next)
          if (language) languages.set(language, (languages.get(language) ?? new Set()).add(next))
        }
      }
      for (const file of Object.values(bundle)) {
        if (file.type === 'chunk' && file.facadeModuleId?.endsWith(`/${ENTRY}`)) take(file.fileName)
      }
      // Each language is kept, and a page loads one.
      const texts = [...languages.values()].map((names) => [...names])
      for (const name of texts.flat()) kept.add(name)
      const longest = Math.max(...texts.map((names) => names.reduce((sum, name) => sum + sizeOf(name), 0)))
      const total = sizes.reduce((sum, size) => sum + size, longest)
      if (sizes.length === 0 || languages.size === 0) this.error('the build has no field page')
      if (total > MOST_BYTES) this.error(`the field page loads ${total} bytes at first, more than ${MOST_BYTES}`)
      this.info(`the field page loads ${(total / 1000).toFixed(1)} kB at first, compressed`)
    },
  }
  return { plugin, keeps: (url) => kept.has(url) }
}

/** As the Python package serves it. */
function answer(request: Connect.IncomingMessage, _response: unknown, next: Connect.NextFunction): void {
  if (ADDRESS.test(request.url ?? '')) request.url = `/${ENTRY}`
  next()
}
