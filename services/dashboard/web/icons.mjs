/** The icons of the installed page, as the systems that read no SVG want them: from public/icon.svg, into public/icons. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { initWasm, Resvg } from '@resvg/resvg-wasm'

/** `margin`: the part of the width at each side that a system may cut off. */
const ICONS = [
  { name: 'any-192', size: 192, margin: 0, ground: 'none' },
  { name: 'any-512', size: 512, margin: 0, ground: 'none' },
  { name: 'maskable-512', size: 512, margin: 0.2, ground: '#ffffff' },
  { name: 'apple-180', size: 180, margin: 0.12, ground: '#ffffff' },
]

await initWasm(readFile(new URL(import.meta.resolve('@resvg/resvg-wasm/index_bg.wasm'))))
const icon = await readFile(new URL('public/icon.svg', import.meta.url), 'utf8')
await mkdir(new URL('public/icons/', import.meta.url), { recursive: true })
for (const { name, size, margin, ground } of ICONS) {
  const inner = size * (1 - 2 * margin)
  const placed = icon.replace(
    '<svg ',
    `<svg x="${size * margin}" y="${size * margin}" width="${inner}" height="${inner}" `,
  )
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}"><rect width="100%" height="100%" fill="${ground}"/>${placed}</svg>`
  await writeFile(new URL(`public/icons/${name}.png`, import.meta.url), new Resvg(drawn).render().asPng())
}
