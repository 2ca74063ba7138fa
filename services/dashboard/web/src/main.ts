import { mount } from 'svelte'
import App from './App.svelte'
import './style.css'
import { prepareWords } from './words/words.svelte'

const target = document.getElementById('page')
await prepareWords()
if (target) mount(App, { target })
