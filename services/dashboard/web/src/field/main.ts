import { mount } from 'svelte'
import '../style.css'
import { prepareWords } from '../words/words.svelte'
import Field from './Field.svelte'
import { update } from './update.svelte'

const target = document.getElementById('page')
await prepareWords()
if (target) mount(Field, { target })
update.start()
