/** What this installation says of itself to its pages, in one answer that needs no key. */
export interface SignInSetting {
  /** The issuer at which people sign in. */
  issuer: string
  client_id: string
  scope: string
}

export interface Setting {
  /** An address with {z}, {x} and {y}, or one that ends in .pmtiles. */
  tiles: string | null
  /** The address of a GeoJSON file with the mission's roads. */
  roads: string | null
  /** What the map says of the boundaries on it, where the installation has words of its own. */
  disclaimer: string | null
  /** Null where keys alone are accepted. */
  sign_in: SignInSetting | null
}

/** Without an answer there are no tiles, as the map needs no network, and a key is asked for. */
const NONE: Setting = { tiles: null, roads: null, disclaimer: null, sign_in: null }
let known: Promise<Setting> | null = null

export function installation(): Promise<Setting> {
  known ??= read()
  return known
}

async function read(): Promise<Setting> {
  try {
    const response = await fetch('/dashboard.json')
    if (!response.ok) return NONE
    return { ...NONE, ...((await response.json()) as Partial<Setting>) }
  } catch {
    return NONE
  }
}
