/** The texts of the pages, as ICU messages: files for each language, checked for completeness. A page loads one language. */
import { IntlMessageFormat } from 'intl-messageformat'
import { part } from '../parts/parts.svelte'
import type en from './en.json'
import type ofSystem from './system.en.json'

export type Word = keyof typeof en | keyof typeof ofSystem
export type Language = 'en' | 'fr'
type Texts = Partial<Record<Word, string>>

/** The page System has many texts, and no other page has them. */
const FILES = {
  everywhere: { en: () => import('./en.json'), fr: () => import('./fr.json') },
  system: { en: () => import('./system.en.json'), fr: () => import('./system.fr.json') },
}
export type Group = keyof typeof FILES
const NAME = 'clearway.language'

let language = $state<Language>('en')
let texts = $state.raw<Record<Language, Texts>>({ en: {}, fr: {} })
const groups = new Set<Group>(['everywhere'])
const loaded = new Set<string>()
const made = new Map<string, IntlMessageFormat>()

export function currentLanguage(): Language {
  return language
}

/** Load the texts of the language that the person chose, or of the browser. A page does so before it shows anything. */
export async function prepareWords(): Promise<void> {
  const wanted = localStorage.getItem(NAME) ?? navigator.language.slice(0, 2)
  await use(wanted === 'fr' ? 'fr' : 'en')
}

/** Load the texts of this group too, from now on in every language that is chosen. */
export async function addWords(group: Group): Promise<void> {
  groups.add(group)
  for (let its: Language | null = null; its !== language;) {
    its = language
    await load(group, its)
  }
}

/** In this language from when its texts are there. */
export async function speak(chosen: Language): Promise<void> {
  await use(chosen)
  localStorage.setItem(NAME, chosen)
}

async function use(chosen: Language): Promise<void> {
  // A group that is added meanwhile is loaded as well: a set gives it to those who go through it.
  for (const group of groups) await load(group, chosen)
  language = chosen
  document.documentElement.lang = chosen
}

async function load(group: Group, its: Language): Promise<void> {
  const name = `${group} ${its}`
  if (loaded.has(name)) return
  const file = await part<{ default: Texts }>(FILES[group][its])
  loaded.add(name)
  texts = { ...texts, [its]: { ...texts[its], ...file.default } }
}

/** A text in the language of the person. */
export function say(word: Word, values?: Record<string, string | number | Date>): string {
  const text = texts[language][word]
  if (text === undefined) return word
  const name = `${language} ${word}`
  const format = made.get(name) ?? new IntlMessageFormat(text, language)
  made.set(name, format)
  return String(format.format(values))
}

/** The text of a word of the API's vocabulary, as `status.verified`; the word itself where it has none. */
export function term(group: string, value: string): string {
  const word = `${group}.${value}`
  return word in texts[language] ? say(word as Word) : value
}
