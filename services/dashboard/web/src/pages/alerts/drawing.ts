/** Drawing on the map, loaded only where something is drawn. */
import type { Geometry } from 'geojson'
import type * as MapLibre from 'maplibre-gl'
import type { Drawn } from './areas'

export interface Drawing {
  /** Draw one shape; `null` ends it. */
  draw(shape: Drawn | null): void
  end(): void
}

/** `finished` gets what was drawn. It is not kept here: what is shown is the area that came of it. */
export async function startDrawing(map: MapLibre.Map, finished: (geometry: Geometry) => void): Promise<Drawing> {
  const [terra, { TerraDrawMapLibreGLAdapter }] = await Promise.all([
    import('terra-draw'),
    import('terra-draw-maplibre-gl-adapter'),
  ])
  const draw = new terra.TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, prefixId: 'subs-draw' }),
    modes: [new terra.TerraDrawCircleMode(), new terra.TerraDrawPolygonMode(), new terra.TerraDrawLineStringMode()],
  })
  draw.start()
  draw.on('finish', (id) => {
    const drawn = draw.getSnapshotFeature(id)?.geometry
    // After the library is done with the event: it goes on with the feature.
    queueMicrotask(() => {
      draw.clear()
      draw.setMode('static')
      if (drawn) finished(drawn)
    })
  })
  return {
    draw(shape) {
      draw.clear()
      draw.setMode(shape ?? 'static')
    },
    end() {
      draw.stop()
    },
  }
}
