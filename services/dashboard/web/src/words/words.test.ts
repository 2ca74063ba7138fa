import { parse } from '@formatjs/icu-messageformat-parser'
import { expect, test } from 'vitest'
import enEverywhere from './en.json'
import frEverywhere from './fr.json'
import enOfSystem from './system.en.json'
import frOfSystem from './system.fr.json'

const en = { ...enEverywhere, ...enOfSystem }
const fr = { ...frEverywhere, ...frOfSystem }

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

test('every language has every word', () => {
  expect(Object.keys(frEverywhere).sort()).toEqual(Object.keys(enEverywhere).sort())
  expect(Object.keys(frOfSystem).sort()).toEqual(Object.keys(enOfSystem).sort())
})

test('what only the page System loads is said there alone', () => {
  const elsewhere = Object.entries(SOURCES).filter(([file]) => !file.startsWith('../pages/system/'))
  const said = Object.keys(enOfSystem).filter((word) =>
    elsewhere.some(([, text]) => String(text).includes(`'${word}'`)),
  )
  expect(said).toEqual([])
})

test.each(Object.keys(en) as (keyof typeof en)[])('%s takes the same values in every language', (word) => {
  expect([...new Set(values(fr[word]))]).toEqual([...new Set(values(en[word]))])
})

test('no word is unused', () => {
  const unused = Object.keys(en).filter(
    (word) => !VOCABULARY.test(word) && !isTerm(word) && !source.includes(`'${word}'`),
  )
  expect(unused).toEqual([])
})
