/** What this installation says of its maps. Without an answer there are no tiles: the map needs no network. */
export interface MapSetting {
  /** An address with {z}, {x} and {y}, or one that ends in .pmtiles. */
  tiles: string | null
  /** The address of a GeoJSON file with the mission's roads. */
  roads: string | null
  /** What the map says of the boundaries on it, where the installation has words of its own. */
  disclaimer: string | null
}

const NONE: MapSetting = { tiles: null, roads: null, disclaimer: null }
let known: Promise<MapSetting> | null = null

export function mapSetting(): Promise<MapSetting> {
  known ??= read()
  return known
}

async function read(): Promise<MapSetting> {
  try {
    const response = await fetch('/dashboard.json')
    if (!response.ok) return NONE
    return { ...NONE, ...((await response.json()) as Partial<MapSetting>) }
  } catch {
    return NONE
  }
}
