import { parse } from '@formatjs/icu-messageformat-parser'
import { expect, test } from 'vitest'

type Texts = Record<string, string>
const FILES = import.meta.glob<Texts>('./*.json', { import: 'default', eager: true })
/** The texts of a language by their group; those of every page are in the group ''. */
const groupsOf = (language: string) =>
  new Map(
    Object.entries(FILES).flatMap(([file, texts]) => {
      const group = new RegExp(`^\\./(?:(\\w+)\\.)?${language}\\.json$`).exec(file)
      return group ? [[group[1] ?? '', texts] as const] : []
    }),
  )
const [english, french] = [groupsOf('en'), groupsOf('fr')]
const all = (groups: ReadonlyMap<string, Texts>): Texts => Object.assign({}, ...groups.values())
const [en, fr] = [all(english), all(french)]

/** Where the texts of each group are said: what is loaded with it. */
const SAID: Readonly<Record<string, RegExp>> = {
  acting: /^\.\.\/pages\/incident\/(ActionForm|CasualtiesInput|Conflict|Consequence|fields|FormField|IncidentSearch)\./,
  alerts: /^\.\.\/pages\/alerts\//,
  duplicates: /^\.\.\/(pages\/incident\/duplicates\/|pages\/now\/duplicates\/|likeness\/)/,
  field: /^\.\.\/field\//,
  incident: /^\.\.\/(pages\/incident|field|likeness)\/|^\.\.\/show\/fields\.ts/,
  photos: /^\.\.\/pages\/incident\/photos\//,
  routes: /^\.\.\/pages\/routes\//,
  system: /^\.\.\/pages\/system\//,
  trends: /^\.\.\/pages\/trends\//,
  withheld: /^\.\.\/(pages\/incident\/texts\/|pages\/now\/texts\/|withheld\/)/,
}

const SOURCES = import.meta.glob('../**/*.{svelte,ts}', { query: '?raw', import: 'default', eager: true })
const source = Object.values(SOURCES).join('\n')
/** The groups whose words are the API's own vocabulary: `term` finds them by value. */
const VOCABULARY =
  /^(link|status|hazard|category|outcome|band|severity|kind|role|state|precision|priority|span|move|alert)\./

/** Whether `term` finds the word, by the group that is asked for somewhere. */
function isTerm(word: string): boolean {
  const group = word.slice(0, word.lastIndexOf('.'))
  return group.includes('.') && source.includes(`'${group}'`)
}

function values(message: string): string[] {
  return [...JSON.stringify(parse(message)).matchAll(/"type":[123456],"value":"(\w+)"/g)]
    .map((found) => found[1] ?? '')
    .sort()
}

test('every language has every word, in the same group', () => {
  const words = (groups: ReadonlyMap<string, Texts>) =>
    Object.fromEntries([...groups].map(([group, texts]) => [group, Object.keys(texts).sort()]))
  expect(words(french)).toEqual(words(english))
  const every = [...english.values()].flatMap((texts) => Object.keys(texts))
  expect(every.length).toBe(new Set(every).size)
})

test('each group of texts has its place', () => {
  expect(Object.keys(SAID).sort()).toEqual([...english.keys()].filter(Boolean).sort())
})

test.each(Object.entries(SAID))('what only %s loads is said there alone', (group, place) => {
  const elsewhere = Object.entries(SOURCES).filter(([file]) => !place.test(file) && !/\.test\.ts$/.test(file))
  const said = Object.keys(english.get(group) ?? {}).filter((word) => {
    const vocabulary = word.slice(0, word.lastIndexOf('.'))
    const names = vocabulary.includes('.') ? [word, vocabulary] : [word]
    return elsewhere.some(([, text]) => names.some((name) => String(text).includes(`'${name}'`)))
  })
  expect(said).toEqual([])
})

test.each(Object.keys(en))('%s takes the same values in every language', (word) => {
  expect([...new Set(values(fr[word] ?? ''))]).toEqual([...new Set(values(en[word] ?? ''))])
})

test('no word is unused', () => {
  const unused = Object.keys(en).filter(
    (word) => !VOCABULARY.test(word) && !isTerm(word) && !source.includes(`'${word}'`),
  )
  expect(unused).toEqual([])
})
