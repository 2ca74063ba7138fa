import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const API = process.env.CLEARWAY_URL ?? 'http://127.0.0.1:8080'

// The pages that the Python package serves. `clearway` itself answers the API at the same address.
export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: '../src/clearway_dashboard/built',
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: { input: { index: 'index.html', field: 'field.html' } },
  },
  worker: { format: 'es' },
  server: { proxy: { '/v1': API, '/dashboard.json': API, '/openapi.json': API } },
  test: { include: ['src/**/*.test.ts'] },
})
