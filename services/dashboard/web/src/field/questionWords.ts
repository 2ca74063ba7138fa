/** The questions of the form by the words that they have on it. */
import type { Word } from '../words/words.svelte'
import type { Question } from './report'

export const QUESTION_WORDS: Record<Question, Word> = {
  category: 'field.category',
  happened: 'field.happened',
  where: 'field.where',
  when: 'field.when',
  who: 'field.who',
  narrative: 'field.narrative',
  lines: 'field.lines',
}
