/** Incidents on a map: symbols, clusters with their number, circles as large as the uncertainty of the place. */
import type { Map as MapLibreMap } from 'maplibre-gl'
import { gravityOfIncident } from '../marks/gravity'
import { wholeOf } from '../show/quantities'
import { FONT, type Layer } from './base'
import { clusterImage, sharesOf } from './clusters'
import type { Colours } from './colours'
import type { IncidentMap } from '../api/shapes'
import { isIncident, type ClusterFeature, type IncidentFeature } from './incidentMap'
import { feature, polygon, putFeatures, putLayers, type Features } from './layers'
import { circle } from './metres'
import { symbolOf } from './symbols'

const AREAS = 'incident-areas'
const POINTS = 'incident-points'
/** What a click on selects. */
export const INCIDENT_LAYERS = ['incident-symbol', 'incident-cell']
export const CLUSTER_LAYER = 'incident-cluster'
/** A circle that is smaller than its symbol at every zoom that is of use. */
const LEAST_CIRCLE_M = 5

export function putIncidentLayers(map: MapLibreMap, colours: Colours): void {
  if (!map.getSource(AREAS)) showIncidents(map, [])
  putLayers(map, layers(colours))
}

export function showIncidents(map: MapLibreMap, features: IncidentMap['features']): void {
  const incidents = features.filter(isIncident)
  const clusters = features.filter((one): one is ClusterFeature => !isIncident(one))
  putFeatures(map, AREAS, incidents.flatMap(areaOf))
  putFeatures(map, POINTS, [...incidents.flatMap(pointOf), ...clusters.map(clusterOf)])
}

/** Draw a ring around this one. */
export function ringIncident(map: MapLibreMap, incidentId: string | null): void {
  map.setFilter('incident-ring', ['==', ['get', 'incident_id'], incidentId ?? ''])
}

function stateOf({ properties }: IncidentFeature) {
  const { incident_id, category, hazard_state, status, exercise } = properties
  const gravity = gravityOfIncident({ hazard_state, status, casualties: [] })
  return { incident_id, gravity, exercise, symbol: symbolOf({ category, hazard_state, status }) }
}

/** The circle of uncertainty, or the cell in which a reduced incident is. */
function areaOf(one: IncidentFeature): Features {
  const { geometry, properties } = one
  if (geometry.type === 'Polygon') return [feature(geometry, { ...stateOf(one), kind: 'cell' })]
  if (properties.uncertainty_m < LEAST_CIRCLE_M) return []
  const ring = circle(geometry.coordinates as [number, number], properties.uncertainty_m)
  return [feature(polygon(ring), { ...stateOf(one), kind: 'circle' })]
}

/** A reduced incident has none: no one knows where in its cell it is. */
function pointOf(one: IncidentFeature): Features {
  return one.geometry.type === 'Point' ? [feature(one.geometry, { ...stateOf(one), kind: 'incident' })] : []
}

function clusterOf({ geometry, properties }: ClusterFeature) {
  const image = clusterImage(sharesOf(properties))
  return feature(geometry, { ...properties, image, text: wholeOf(properties.count), kind: 'cluster' })
}

function layers(colours: Colours): Layer[] {
  const isKind = (kind: string): ['==', ['get', string], string] => ['==', ['get', 'kind'], kind]
  const byGravity = [
    'match',
    ['get', 'gravity'],
    ...([1, 2, 3, 4] as const).flatMap((gravity) => [gravity, colours[`gravity-${gravity}`]]),
    colours.quiet,
  ] as unknown as string
  // What is over must not hide what stands.
  const size: ['case', ['==', ['get', string], number], number, number] = [
    'case',
    ['==', ['get', 'gravity'], 0],
    0.7,
    1,
  ]
  return [
    {
      id: 'incident-cell',
      type: 'fill',
      source: AREAS,
      filter: isKind('cell'),
      paint: { 'fill-color': byGravity, 'fill-opacity': 0.18 },
    },
    {
      id: 'incident-circle',
      type: 'fill',
      source: AREAS,
      filter: isKind('circle'),
      paint: { 'fill-color': byGravity, 'fill-opacity': 0.1 },
    },
    {
      id: 'incident-area-edge',
      type: 'line',
      source: AREAS,
      paint: { 'line-color': byGravity, 'line-width': 1.2, 'line-dasharray': [3, 2] },
    },
    {
      id: CLUSTER_LAYER,
      type: 'symbol',
      source: POINTS,
      filter: isKind('cluster'),
      layout: {
        'icon-image': ['get', 'image'],
        'icon-size': ['interpolate', ['linear'], ['log10', ['get', 'count']], 0, 0.5, 5, 1],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        // The largest lies on top.
        'symbol-sort-key': ['get', 'count'],
      },
    },
    {
      id: 'incident-count',
      type: 'symbol',
      source: POINTS,
      filter: isKind('cluster'),
      layout: {
        'text-field': ['get', 'text'],
        'text-font': FONT,
        'text-size': 13,
        // Two numbers on one another are none: the larger cluster keeps its own, and the other one shows it nearer.
        'text-padding': 0,
        'symbol-sort-key': ['-', ['get', 'count']],
      },
      paint: { 'text-color': colours.ink },
    },
    {
      id: 'incident-ring',
      type: 'circle',
      source: POINTS,
      filter: ['==', ['get', 'incident_id'], ''],
      paint: {
        'circle-radius': 19,
        'circle-opacity': 0,
        'circle-stroke-color': colours.accent,
        'circle-stroke-width': 4,
      },
    },
    {
      id: 'incident-symbol',
      type: 'symbol',
      source: POINTS,
      filter: isKind('incident'),
      layout: {
        'icon-image': ['get', 'symbol'],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        'icon-size': ['interpolate', ['linear'], ['zoom'], 4, ['*', size, 0.6], 11, size],
        // The gravest lies on top.
        'symbol-sort-key': ['get', 'gravity'],
      },
    },
  ]
}
