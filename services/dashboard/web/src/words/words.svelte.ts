/** The texts of the pages, as ICU messages: one file for each language, checked for completeness. A page loads one. */
import { IntlMessageFormat } from 'intl-messageformat'
import { part } from '../parts/parts.svelte'
import type en from './en.json'

export type Word = keyof typeof en
export type Language = 'en' | 'fr'
type Texts = Record<Word, string>

const FILES: Record<Language, () => Promise<{ default: Texts }>> = {
  en: () => import('./en.json'),
  fr: () => import('./fr.json'),
}
const NAME = 'clearway.language'

let language = $state<Language>('en')
let texts = $state.raw<Texts | null>(null)
const made = new Map<string, IntlMessageFormat>()

export function currentLanguage(): Language {
  return language
}

/** Load the texts of the language that the person chose, or of the browser. A page does so before it shows anything. */
export async function prepareWords(): Promise<void> {
  const wanted = localStorage.getItem(NAME) ?? navigator.language.slice(0, 2)
  await use(wanted === 'fr' ? 'fr' : 'en')
}

/** In this language from when its texts are there. */
export async function speak(chosen: Language): Promise<void> {
  await use(chosen)
  localStorage.setItem(NAME, chosen)
}

async function use(chosen: Language): Promise<void> {
  texts = (await part(FILES[chosen])).default
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
