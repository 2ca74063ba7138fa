/** The texts of the pages, as ICU messages: one file for each language, checked for completeness. A page loads one. */
import { IntlMessageFormat } from 'intl-messageformat'
import type en from './en.json'

export type Word = keyof typeof en
export type Language = 'en' | 'fr'
type Texts = Record<Word, string>

const FILES: Record<Language, () => Promise<{ default: Texts }>> = {
  en: () => import('./en.json'),
  fr: () => import('./fr.json'),
}
const NAME = 'clearway.language'
const AGAIN_MS = 2_000

let language = $state<Language>('en')
let texts = $state.raw<Texts | null>(null)
const made = new Map<string, IntlMessageFormat>()

export function currentLanguage(): Language {
  return language
}

/**
 * Load the texts of the language that the person chose, or of the browser. A page does so before it shows anything, so
 * as often as it takes: on a bad link it would stay white.
 */
export async function prepareWords(): Promise<void> {
  const wanted = localStorage.getItem(NAME) ?? navigator.language.slice(0, 2)
  for (;;) {
    try {
      await use(wanted === 'fr' ? 'fr' : 'en')
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }
}

/** From now on in this language; as before where its texts cannot be loaded. */
export async function speak(chosen: Language): Promise<void> {
  try {
    await use(chosen)
  } catch {
    return
  }
  localStorage.setItem(NAME, chosen)
}

async function use(chosen: Language): Promise<void> {
  texts = (await FILES[chosen]()).default
  language = chosen
  document.documentElement.lang = chosen
}

/** A text in the language of the person. */
export function say(word: Word, values?: Record<string, string | number | Date>): string {
  const name = `${language} ${word}`
  const format = made.get(name) ?? new IntlMessageFormat(texts?.[word] ?? word, language)
  made.set(name, format)
  return String(format.format(values))
}

/** The text of a word of the API's vocabulary, as `status.verified`; the word itself where it has none. */
export function term(group: string, value: string): string {
  const word = `${group}.${value}`
  return texts !== null && word in texts ? say(word as Word) : value
}
