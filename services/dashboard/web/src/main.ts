import { mount } from 'svelte'
import App from './App.svelte'
import { loadAnewBy } from './parts/parts.svelte'
import { loadAnew } from './router'
import { arrive } from './session/arriving'
import './style.css'
import { prepareWords } from './words/words.svelte'

const target = document.getElementById('page')
loadAnewBy(loadAnew)
await Promise.all([prepareWords(), arrive()])
if (target) mount(App, { target })
