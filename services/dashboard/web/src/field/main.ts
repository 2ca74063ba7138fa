import { mount } from 'svelte'
import '../style.css'
import Field from './Field.svelte'
import { update } from './update.svelte'

const target = document.getElementById('page')
if (target) mount(Field, { target })
update.start()
