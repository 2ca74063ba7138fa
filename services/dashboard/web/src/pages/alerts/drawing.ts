/** Drawing on the map, loaded only where something is drawn. */
import type { Geometry } from 'geojson'
import type * as MapLibre from 'maplibre-gl'
import type * as Terra from 'terra-draw'
import type { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter'
import type { Drawn } from './areas'

export interface Drawing {
  /** Draw one shape; `null` ends it. */
  draw(shape: Drawn | null): void
  end(): void
}

/** `finished` gets what was drawn. It is not kept here: what is shown is the area that came of it. */
export type StartDrawing = (map: MapLibre.Map, finished: (geometry: Geometry) => void) => Drawing

export async function loadDrawing(): Promise<StartDrawing> {
  const [terra, { TerraDrawMapLibreGLAdapter }] = await Promise.all([
    import('terra-draw'),
    import('terra-draw-maplibre-gl-adapter'),
  ])
  return (map, finished) => start(terra, new TerraDrawMapLibreGLAdapter({ map, prefixId: 'subs-draw' }), finished)
}

function start(
  terra: typeof Terra,
  adapter: TerraDrawMapLibreGLAdapter<MapLibre.Map>,
  finished: (geometry: Geometry) => void,
): Drawing {
  const draw = new terra.TerraDraw({
    adapter,
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
