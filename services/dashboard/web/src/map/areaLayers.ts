/** Areas on a map: contaminated ones are hatched, what a subscription watches is dotted. */
import type { Map as MapLibreMap } from 'maplibre-gl'
import type { Route, Subscription } from '../api/shapes'
import type { AreaView } from '../api/schema'
import { FONT, type Layer } from './base'
import type { Colours } from './colours'
import { feature, polygon, putFeatures, putLayers, type Features } from './layers'
import { circle, corridor, type Position } from './metres'
import { givePatterns, PATTERNS } from './patterns'

const AREAS = 'areas'
const WATCHED = 'watched'

export function putAreaLayers(map: MapLibreMap, colours: Colours): void {
  givePatterns(map, colours)
  if (!map.getSource(AREAS)) {
    showAreas(map, [])
    showWatched(map, [], [])
  }
  putLayers(map, layers(colours))
}

export function showAreas(map: MapLibreMap, areas: readonly AreaView[]): void {
  putFeatures(
    map,
    AREAS,
    areas.map(({ name, status, polygon: { coordinates } }) =>
      feature({ type: 'Polygon', coordinates }, { name, status }),
    ),
  )
}

/** What active subscriptions watch. One that watches everything is not drawn. */
export function showWatched(map: MapLibreMap, subscriptions: readonly Subscription[], routes: readonly Route[]): void {
  putFeatures(
    map,
    WATCHED,
    subscriptions.filter(({ state }) => state === 'active').flatMap((one) => watchedBy(one, routes)),
  )
}

export function watchedBy({ name, filter: { area } }: Subscription, routes: readonly Route[]): Features {
  const along = (line: readonly number[][], width: number) =>
    feature({ type: 'MultiPolygon', coordinates: corridor(line as unknown as Position[], width) }, { name })
  switch (area.type) {
    case 'corridor':
      return [along(area.line.coordinates, area.width_m)]
    case 'route': {
      const route = routes.find(({ route_id }) => route_id === area.route_id)
      return route ? [along(route.line.coordinates, area.width_m)] : []
    }
    case 'circle':
      return [feature(polygon(circle(area.center.coordinates as unknown as Position, area.radius_m)), { name })]
    case 'polygon':
      return [feature({ type: 'Polygon', coordinates: area.polygon.coordinates }, { name })]
    default:
      return []
  }
}

function layers(colours: Colours): Layer[] {
  return [
    { id: 'watched', type: 'fill', source: WATCHED, paint: { 'fill-pattern': PATTERNS.dots } },
    { id: 'area', type: 'fill', source: AREAS, paint: { 'fill-pattern': PATTERNS.hatch } },
    {
      id: 'area-edge',
      type: 'line',
      source: AREAS,
      filter: ['==', ['get', 'status'], 'confirmed'],
      paint: { 'line-color': colours['gravity-3'], 'line-width': 2.5 },
    },
    {
      id: 'area-edge-suspected',
      type: 'line',
      source: AREAS,
      filter: ['!=', ['get', 'status'], 'confirmed'],
      paint: { 'line-color': colours['gravity-3'], 'line-width': 2, 'line-dasharray': [3, 2] },
    },
    {
      id: 'area-name',
      type: 'symbol',
      source: AREAS,
      minzoom: 8,
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 12 },
      paint: { 'text-color': colours.ink, 'text-halo-color': colours.paper, 'text-halo-width': 2 },
    },
  ]
}
