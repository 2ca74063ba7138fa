/** Tiles of the mission's own: raster or vector, by an XYZ address or as a PMTiles file. */
import type { Map as MapLibreMap } from 'maplibre-gl'
import type * as MapLibre from 'maplibre-gl'
import { part } from '../parts/parts.svelte'
import { FONT, type Layer } from './base'
import type { Colours } from './colours'

const SOURCE = 'tiles'
const VECTOR = /\.(pbf|mvt)(\?|$)/
/** Of the tile type in a PMTiles header: 1 is the vector tile of Mapbox, 6 that of MapLibre; all others are images. */
const VECTOR_TYPES: readonly number[] = [1, 6]

/** Give the map the source of the tiles. The result makes their layers. Throws where a PMTiles file cannot be read. */
export async function addTiles(
  gl: typeof MapLibre,
  map: MapLibreMap,
  tiles: string,
): Promise<(colours: Colours) => Layer[]> {
  const kind = /\.pmtiles(\?|$)/.test(tiles) ? await addArchive(gl, map, tiles) : addAddress(map, tiles)
  if (kind === 'raster') return () => [{ id: 'tiles', type: 'raster', source: SOURCE }]
  return (colours) => vector(colours, kind)
}

function addAddress(map: MapLibreMap, tiles: string): 'raster' | null {
  const address = new URL(tiles, location.href).href.replaceAll('%7B', '{').replaceAll('%7D', '}')
  const isVector = VECTOR.test(tiles)
  map.addSource(
    SOURCE,
    isVector ? { type: 'vector', tiles: [address] } : { type: 'raster', tiles: [address], tileSize: 256 },
  )
  return isVector ? null : 'raster'
}

/** Its kind: `raster`, or the names of its layers. */
async function addArchive(gl: typeof MapLibre, map: MapLibreMap, tiles: string): Promise<'raster' | string[]> {
  const { PMTiles, Protocol } = await part(() => import('pmtiles'))
  const protocol = new Protocol({ metadata: true })
  const address = new URL(tiles, location.href).href
  const archive = new PMTiles(address)
  protocol.add(archive)
  gl.addProtocol('pmtiles', protocol.tile)
  const header = await archive.getHeader()
  const isVector = VECTOR_TYPES.includes(header.tileType)
  map.addSource(SOURCE, { type: isVector ? 'vector' : 'raster', url: `pmtiles://${address}` })
  if (!isVector) return 'raster'
  const { vector_layers: layers } = (await archive.getMetadata()) as { vector_layers?: { id: string }[] }
  return (layers ?? []).map(({ id }) => id)
}

/** The layers of the two schemas in use, Protomaps' and OpenMapTiles', by the names that each has. */
function vector(colours: Colours, names: string[] | null): Layer[] {
  const fill = (name: string, colour: string): Layer => ({
    id: `tiles-${name}`,
    type: 'fill',
    source: SOURCE,
    'source-layer': name,
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': colour },
  })
  const line = (name: string, colour: string, width: number): Layer => ({
    id: `tiles-${name}`,
    type: 'line',
    source: SOURCE,
    'source-layer': name,
    paint: { 'line-color': colour, 'line-width': ['interpolate', ['linear'], ['zoom'], 8, width / 2, 16, width * 3] },
  })
  const text = (name: string): Layer => ({
    id: `tiles-${name}`,
    type: 'symbol',
    source: SOURCE,
    'source-layer': name,
    layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 12 },
    paint: { 'text-color': colours.quiet, 'text-halo-color': colours.paper, 'text-halo-width': 1.5 },
  })
  const all: [string, Layer][] = [
    ['earth', fill('earth', colours['map-land'])],
    ['landuse', fill('landuse', colours.raised)],
    ['water', fill('water', colours['map-sea'])],
    ['waterway', line('waterway', colours['map-sea'], 1)],
    ['buildings', fill('buildings', colours.rule)],
    ['building', fill('building', colours.rule)],
    ['roads', line('roads', colours.quiet, 1.2)],
    ['transportation', line('transportation', colours.quiet, 1.2)],
    ['boundaries', line('boundaries', colours['map-border'], 1)],
    ['boundary', line('boundary', colours['map-border'], 1)],
    ['places', text('places')],
    ['place', text('place')],
  ]
  return all.filter(([name]) => names === null || names.includes(name)).map(([, layer]) => layer)
}
