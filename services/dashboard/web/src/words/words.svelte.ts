/** The texts of the pages, as ICU messages: files for each language, checked for completeness. A page loads one language. */
import { IntlMessageFormat } from 'intl-messageformat'
import { part } from '../parts/parts.svelte'
import type acting from './acting.en.json'
import type alerts from './alerts.en.json'
import type duplicates from './duplicates.en.json'
import type everywhere from './en.json'
import type field from './field.en.json'
import type incident from './incident.en.json'
import type photos from './photos.en.json'
import type routes from './routes.en.json'
import type system from './system.en.json'
import type trends from './trends.en.json'
import type withheld from './withheld.en.json'

export type Language = 'en' | 'fr'
type Everything = typeof everywhere &
  typeof acting &
  typeof alerts &
  typeof duplicates &
  typeof field &
  typeof incident &
  typeof photos &
  typeof routes &
  typeof system &
  typeof trends &
  typeof withheld
export type Word = keyof Everything
type Texts = Partial<Record<Word, string>>

/** The texts of every page, and groups that a page or a part of it needs besides: `words.test.ts` says which. */
const FILES = {
  everywhere: { en: () => import('./en.json'), fr: () => import('./fr.json') },
  acting: { en: () => import('./acting.en.json'), fr: () => import('./acting.fr.json') },
  alerts: { en: () => import('./alerts.en.json'), fr: () => import('./alerts.fr.json') },
  duplicates: { en: () => import('./duplicates.en.json'), fr: () => import('./duplicates.fr.json') },
  field: { en: () => import('./field.en.json'), fr: () => import('./field.fr.json') },
  incident: { en: () => import('./incident.en.json'), fr: () => import('./incident.fr.json') },
  photos: { en: () => import('./photos.en.json'), fr: () => import('./photos.fr.json') },
  routes: { en: () => import('./routes.en.json'), fr: () => import('./routes.fr.json') },
  system: { en: () => import('./system.en.json'), fr: () => import('./system.fr.json') },
  trends: { en: () => import('./trends.en.json'), fr: () => import('./trends.fr.json') },
  withheld: { en: () => import('./withheld.en.json'), fr: () => import('./withheld.fr.json') },
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
export async function prepareWords(...besides: Group[]): Promise<void> {
  for (const group of besides) groups.add(group)
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

/** A part of a page, when it and the texts that it needs besides are there. */
export async function partWith<Part>(
  words: readonly Group[],
  from: () => Promise<Part>,
  isWanted?: () => boolean,
): Promise<Part> {
  const [loaded] = await Promise.all([part(from, isWanted), ...words.map(addWords)])
  return loaded
}

/** In this language from when its texts are there. */
export async function speak(chosen: Language): Promise<void> {
  await use(chosen)
  localStorage.setItem(NAME, chosen)
}

async function use(chosen: Language): Promise<void> {
  for (let count = 0; count < groups.size;) {
    count = groups.size
    // A group that is added meanwhile is loaded as well, before anything is said.
    await Promise.all([...groups].map((group) => load(group, chosen)))
  }
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
