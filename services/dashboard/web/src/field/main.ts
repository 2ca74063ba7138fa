import { mount } from 'svelte'
import '../style.css'
import { arrive } from '../session/arriving'
import { prepareWords } from '../words/words.svelte'
import Field from './Field.svelte'
import { update } from './update.svelte'

const target = document.getElementById('page')
await Promise.all([prepareWords('field', 'incident'), arrive()])
if (target) mount(Field, { target })
update.start()
