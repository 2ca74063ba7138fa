/** What the map of an area shows: its ground, and for orientation the routes and the hazards that stand. */
import type { ExpressionSpecification, Map as MapLibreMap } from 'maplibre-gl'
import type { Area, Incident, Route } from '../../api/shapes'
import type { Layer } from '../../map/base'
import { colours, onScheme, type Colours } from '../../map/colours'
import { feature, putFeatures, putLayers } from '../../map/layers'
import { putRouteLayers, showRoutes } from '../../map/routeLayers'
import { gravityOfIncident, isOver, type Gravity } from '../../marks/gravity'
import { groundOf, lineOf, pixelsOf } from './areas'

export interface Shown {
  area: Area | null
  routes: ReadonlyMap<string, Route>
  incidents: Iterable<Incident>
}

const GROUND = 'subs-ground'
const OPACITY = 0.25
/** The closest zoom of the map. */
const CLOSEST = 22
const BAND = 'subs-band'
const HAZARDS = 'subs-hazards'

/** The result is called before the map goes. */
export function addLayers(map: MapLibreMap): () => void {
  putFeatures(map, GROUND, [])
  putFeatures(map, BAND, [])
  putFeatures(map, HAZARDS, [])
  const put = () => {
    putLayers(map, groundLayers(colours()))
    putRouteLayers(map, colours())
    putLayers(map, [hazardLayer(colours())])
  }
  put()
  return onScheme(put)
}

export function showOn(map: MapLibreMap, { area, routes, incidents }: Shown): void {
  const line = area ? lineOf(area, routes) : null
  const ground = area && !line ? groundOf(area, routes) : null
  putFeatures(map, GROUND, ground ? [ground] : [])
  putFeatures(map, BAND, area && line ? [bandOf(line, 'width_m' in area ? area.width_m : 0)] : [])
  showRoutes(map, [...routes.values()], true)
  const standing = [...incidents].filter((incident) => incident.location.point && !isOver(incident))
  putFeatures(
    map,
    HAZARDS,
    standing.map((incident) => {
      const coordinates = (incident.location.point?.coordinates ?? []).map(Number)
      return feature({ type: 'Point', coordinates }, { gravity: gravityOfIncident(incident) })
    }),
  )
}

/** As a line of its width: the parts of a ground of many polygons would lie over each other. */
function bandOf(line: [number, number][], width: number): GeoJSON.Feature {
  return feature({ type: 'LineString', coordinates: line }, { pixels: pixelsOf(line, width) })
}

function groundLayers(colour: Colours): Layer[] {
  const wide: ExpressionSpecification = ['*', ['get', 'pixels'], 2 ** CLOSEST]
  return [
    { id: GROUND, type: 'fill', source: GROUND, paint: { 'fill-color': colour.accent, 'fill-opacity': OPACITY } },
    { id: 'subs-edge', type: 'line', source: GROUND, paint: { 'line-color': colour.accent, 'line-width': 1 } },
    {
      id: BAND,
      type: 'line',
      source: BAND,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': colour.accent,
        'line-opacity': OPACITY,
        'line-width': ['interpolate', ['exponential', 2], ['zoom'], 0, ['get', 'pixels'], CLOSEST, wide],
      },
    },
  ]
}

function hazardLayer(colour: Colours): Layer {
  const of = (step: Gravity): [Gravity, string] => [step, colour[`gravity-${step}`]]
  const shade: ExpressionSpecification = ['match', ['get', 'gravity'], ...of(4), ...of(3), ...of(2), ...of(1), of(0)[1]]
  return {
    id: HAZARDS,
    type: 'circle',
    source: HAZARDS,
    paint: {
      'circle-color': shade,
      'circle-radius': ['+', 2, ['get', 'gravity']],
      'circle-stroke-color': colour.ink,
      'circle-stroke-width': 1,
    },
  }
}
