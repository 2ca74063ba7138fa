/** The texts of the pages, as ICU messages: one file for each language, checked for completeness. */
import { IntlMessageFormat } from 'intl-messageformat'
import en from './en.json'
import fr from './fr.json'

export type Word = keyof typeof en
export type Language = 'en' | 'fr'

const LANGUAGES: Record<Language, Record<Word, string>> = { en, fr }
const NAME = 'clearway.language'

function first(): Language {
  const chosen = localStorage.getItem(NAME) ?? navigator.language.slice(0, 2)
  return chosen === 'fr' ? 'fr' : 'en'
}

let language = $state<Language>(first())
const made = new Map<string, IntlMessageFormat>()

export function currentLanguage(): Language {
  return language
}

export function speak(chosen: Language): void {
  language = chosen
  localStorage.setItem(NAME, chosen)
  document.documentElement.lang = chosen
}

/** A text in the language of the person. */
export function say(word: Word, values?: Record<string, string | number | Date>): string {
  const name = `${language} ${word}`
  const format = made.get(name) ?? new IntlMessageFormat(LANGUAGES[language][word], language)
  made.set(name, format)
  return String(format.format(values))
}

/** The text of a word of the API's vocabulary, as `status.verified`; the word itself where it has none. */
export function term(group: string, value: string): string {
  const word = `${group}.${value}`
  return word in en ? say(word as Word) : value
}
