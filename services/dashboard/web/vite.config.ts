import { svelte } from '@sveltejs/vite-plugin-svelte'
import { VitePWA } from 'vite-plugin-pwa'
import { defineConfig } from 'vitest/config'
import { fieldPage } from './field-page.ts'

const API = process.env.CLEARWAY_URL ?? 'http://127.0.0.1:8080'
const proxy = { '/v1': API, '/dashboard.json': API, '/openapi.json': API }
const field = fieldPage()

// The pages that the Python package serves. `clearway` itself answers the API at the same address.
export default defineConfig({
  plugins: [
    svelte(),
    field.plugin,
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/field',
      filename: 'field-worker.ts',
      outDir: '../src/clearway_dashboard/built',
      scope: '/field',
      // The page registers it, and has its own manifest: the other pages have neither.
      injectRegister: false,
      manifest: false,
      injectManifest: {
        globPatterns: ['**/*.{js,css,html,svg,webmanifest}'],
        manifestTransforms: [(entries) => ({ manifest: entries.filter(({ url }) => field.keeps(url)), warnings: [] })],
      },
    }),
  ],
  build: {
    outDir: '../src/clearway_dashboard/built',
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: {
      input: { index: 'index.html', field: 'field.html' },
      // By its name the tests know what is loaded after the page.
      output: {
        codeSplitting: {
          groups: [
            { name: 'plot', test: /node_modules\/(@observablehq|d3-|internmap|isoformat|interval-tree-1d)/ },
            // Small, and said by nearly every page: one request in the place of twenty.
            { name: 'show', test: /\/src\/(show|marks)\// },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  server: { proxy },
  preview: { proxy },
  test: { include: ['src/**/*.test.ts'] },
})
