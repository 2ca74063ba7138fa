/** Routes on a map by their band: colour, width and dashes say the same. There is no green, and no solid line for low
 * data. */
import type { Map as MapLibreMap } from 'maplibre-gl'
import type { Route } from '../api/shapes'
import { gravityOfBand } from '../marks/gravity'
import { FONT, type Layer } from './base'
import type { Colours } from './colours'
import { feature, putFeatures, putLayers } from './layers'
import { kilometreMarks, stretch, type Position } from './metres'

const LINES = 'routes'
const MARKS = 'route-kilometres'
const HAZARDS = 'route-hazards'
export const ROUTE_LAYERS = ['route-solid', 'route-low', 'route-low-data', 'route-past']

/** A part of a route on which a hazard stands, in kilometres. */
export interface HazardStretch {
  route: Route
  incident_id: string
  from_km: number
  to_km: number
}

export function putRouteLayers(map: MapLibreMap, colours: Colours): void {
  if (!map.getSource(LINES)) {
    showRoutes(map, [], true)
    showKilometres(map, [])
    showHazards(map, [])
  }
  putLayers(map, layers(colours))
}

/** `present`: whether the map shows the present, for which the bands are. */
export function showRoutes(map: MapLibreMap, routes: readonly Route[], present: boolean): void {
  putFeatures(
    map,
    LINES,
    routes.map(({ route_id, name, line, risk }) =>
      feature(
        { type: 'LineString', coordinates: line.coordinates },
        { route_id, name, band: present ? risk.band : 'past', gravity: gravityOfBand(risk.band) },
      ),
    ),
  )
}

export function showKilometres(map: MapLibreMap, routes: readonly Route[]): void {
  putFeatures(
    map,
    MARKS,
    routes.flatMap(({ line }) =>
      kilometreMarks(line.coordinates as unknown as Position[]).map(({ at, kilometre, every }) =>
        feature({ type: 'Point', coordinates: at }, { text: `km ${kilometre}`, every }),
      ),
    ),
  )
}

export function showHazards(map: MapLibreMap, hazards: readonly HazardStretch[]): void {
  putFeatures(
    map,
    HAZARDS,
    hazards.flatMap(({ route, incident_id, from_km, to_km }) => {
      const coordinates = stretch(route.line.coordinates as unknown as Position[], from_km * 1000, to_km * 1000)
      return coordinates.length < 2 ? [] : [feature({ type: 'LineString', coordinates }, { incident_id })]
    }),
  )
}

function layers(colours: Colours): Layer[] {
  const isBand = (...bands: string[]): ['in', ['get', string], ['literal', string[]]] => [
    'in',
    ['get', 'band'],
    ['literal', bands],
  ]
  const SOLID = isBand('elevated', 'high', 'severe', 'known_hazard')
  const width = ['match', ['get', 'band'], 'elevated', 3, 'high', 4.5, 6.5] as unknown as number
  const colour = [
    'match',
    ['get', 'gravity'],
    ...([2, 3] as const).flatMap((gravity) => [gravity, colours[`gravity-${gravity}`]]),
    colours['gravity-4'],
  ] as unknown as string
  const round = { 'line-join': 'round', 'line-cap': 'round' } as const
  const marks = ([10, 5, 1] as const).map((every): Layer => ({
    id: `route-kilometre-${every}`,
    type: 'symbol',
    source: MARKS,
    minzoom: every === 10 ? 9 : every === 5 ? 10.5 : 12,
    filter: ['==', ['get', 'every'], every],
    layout: { 'text-field': ['get', 'text'], 'text-font': FONT, 'text-size': 11, 'text-offset': [0, 1.1] },
    paint: { 'text-color': colours.quiet, 'text-halo-color': colours.paper, 'text-halo-width': 1.5 },
  }))
  return [
    {
      id: 'route-casing',
      type: 'line',
      source: LINES,
      filter: SOLID,
      layout: round,
      paint: { 'line-color': colours.ink, 'line-width': ['+', width, 2] },
    },
    {
      id: 'route-solid',
      type: 'line',
      source: LINES,
      filter: SOLID,
      layout: round,
      paint: { 'line-color': colour, 'line-width': width },
    },
    {
      id: 'route-known-hazard',
      type: 'line',
      source: LINES,
      filter: isBand('known_hazard'),
      paint: { 'line-color': colours.paper, 'line-width': 2, 'line-dasharray': [2, 3] },
    },
    {
      id: 'route-low',
      type: 'line',
      source: LINES,
      filter: isBand('low'),
      paint: { 'line-color': colours.ink, 'line-width': 2, 'line-dasharray': [6, 2] },
    },
    {
      id: 'route-low-data',
      type: 'line',
      source: LINES,
      filter: isBand('low_data'),
      paint: { 'line-color': colours.quiet, 'line-width': 5, 'line-dasharray': [0.3, 0.5] },
    },
    {
      id: 'route-past',
      type: 'line',
      source: LINES,
      filter: isBand('past'),
      paint: { 'line-color': colours.quiet, 'line-width': 2 },
    },
    {
      id: 'route-hazard',
      type: 'line',
      source: HAZARDS,
      paint: { 'line-color': colours['gravity-4'], 'line-width': 14, 'line-opacity': 0.45 },
    },
    {
      id: 'route-name',
      type: 'symbol',
      source: LINES,
      minzoom: 7,
      layout: {
        'symbol-placement': 'line',
        'symbol-spacing': 400,
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': 13,
        'text-offset': [0, -1.1],
      },
      paint: { 'text-color': colours.ink, 'text-halo-color': colours.paper, 'text-halo-width': 2 },
    },
    ...marks,
  ]
}
