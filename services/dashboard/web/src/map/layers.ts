/** How a page puts things on a map: sources by name, and layers that take the colours of the scheme. */
import type { GeoJSONSource, Map as MapLibreMap } from 'maplibre-gl'
import type { Layer } from './base'

export type Features = GeoJSON.Feature[]

/** Show these features, in place of those that the source had. */
export function putFeatures(map: MapLibreMap, source: string, features: Features): void {
  const data: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features }
  const known = map.getSource<GeoJSONSource>(source)
  if (known) void known.setData(data)
  else map.addSource(source, { type: 'geojson', data })
}

/** Add layers whose sources are there, the later above the earlier; of those that the map has, set the colours. */
export function putLayers(map: MapLibreMap, layers: Layer[]): void {
  for (const layer of layers) {
    if (!map.getLayer(layer.id)) map.addLayer(layer)
    else
      for (const [name, value] of Object.entries(layer.paint ?? {}))
        map.setPaintProperty(layer.id, name as Parameters<MapLibreMap['setPaintProperty']>[1], value)
  }
}

export function feature(
  geometry: GeoJSON.Geometry,
  properties: Record<string, string | number | boolean | null>,
): GeoJSON.Feature {
  return { type: 'Feature', geometry, properties }
}

export function polygon(...rings: (readonly [number, number])[][]): GeoJSON.Polygon {
  return { type: 'Polygon', coordinates: rings.map((ring) => ring.map(([x, y]) => [x, y])) }
}
