/**
 * The base map that needs no network: land and boundaries of Natural Earth, from the page's own files.
 *
 * The style names no glyphs, so that MapLibre draws every text with the fonts of the device.
 */
import type { Map as MapLibreMap, MapOptions } from 'maplibre-gl'
import { feature } from 'topojson-client'
import countries from 'world-atlas/countries-50m.json?url'
import type { Colours } from './colours'
import { unwrapped } from './unwrap'

export type Style = Exclude<NonNullable<MapOptions['style']>, string>
export type Layer = Style['layers'][number]

/** The fonts of all texts on the map. */
export const FONT = ['system-ui', 'sans-serif']
/** The last layer under what a page shows: tiles and roads come before it. */
const BASE_TOP = 'base-top'

const COLLECTION = { type: 'FeatureCollection' as const, features: [] }

export function baseStyle(colours: Colours): Style {
  return {
    version: 8,
    sources: { world: { type: 'geojson', data: COLLECTION, attribution: 'Natural Earth', maxzoom: 8 } },
    layers: baseLayers(colours),
  }
}

export function baseLayers(colours: Colours): Layer[] {
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': colours['map-sea'] } },
    { id: 'land', type: 'fill', source: 'world', paint: { 'fill-color': colours['map-land'] } },
    {
      id: 'border',
      type: 'line',
      source: 'world',
      paint: { 'line-color': colours['map-border'], 'line-width': 1 },
    },
    { id: BASE_TOP, type: 'background', layout: { visibility: 'none' } },
  ]
}

/** Put layers over the base map, over those that were put there before, and under what the page shows. */
export function addOverBase(map: MapLibreMap, layers: readonly Layer[]): void {
  for (const layer of layers) map.addLayer(layer, BASE_TOP)
}

/** Give layers that the map has the paint of these. */
export function repaint(map: MapLibreMap, layers: readonly Layer[]): void {
  for (const { id, paint } of layers) {
    for (const [name, value] of Object.entries(paint ?? {})) map.setPaintProperty(id, name as 'line-color', value)
  }
}

let world: Promise<GeoJSON.FeatureCollection> | null = null

/** Land and boundaries, read once for all maps of the page. */
export function readWorld(): Promise<GeoJSON.FeatureCollection> {
  world ??= fetch(countries)
    .then((response) => response.json())
    .then(featuresOf)
    .catch((error: unknown) => {
      world = null
      throw error
    })
  return world
}

function featuresOf(topology: Parameters<typeof feature>[0]): GeoJSON.FeatureCollection {
  const found = feature(topology, 'countries') as GeoJSON.Feature | GeoJSON.FeatureCollection
  const features = found.type === 'Feature' ? [found] : found.features
  return {
    type: 'FeatureCollection',
    features: features.map((one) => ({ ...one, geometry: unwrapped(one.geometry) })),
  }
}
