/** The mission's own roads, from a GeoJSON file of the installation: lines, with their `name` where they have one. */
import type { Map as MapLibreMap } from 'maplibre-gl'
import { FONT, type Layer } from './base'
import type { Colours } from './colours'

const SOURCE = 'roads'

/** Give the map the source of the roads. The result makes their layers. */
export function addRoads(map: MapLibreMap, address: string): (colours: Colours) => Layer[] {
  map.addSource(SOURCE, { type: 'geojson', data: new URL(address, location.href).href })
  return (colours) => [
    {
      id: 'roads',
      type: 'line',
      source: SOURCE,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': colours.quiet,
        'line-opacity': 0.7,
        'line-width': ['interpolate', ['linear'], ['zoom'], 6, 0.5, 10, 1, 16, 4],
      },
    },
    {
      id: 'roads-names',
      type: 'symbol',
      source: SOURCE,
      minzoom: 9,
      layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 11 },
      paint: { 'text-color': colours.quiet, 'text-halo-color': colours.paper, 'text-halo-width': 1.5 },
    },
  ]
}
