/** Where the device is. A browser says it only on a page that came by HTTPS, or from this machine. */
import type { Place } from './draft'
import { degrees } from './grid'

export type NoPosition = 'insecure' | 'refused' | 'unavailable' | 'timeout'

const LONGEST_WAIT_MS = 60_000
/** The largest uncertainty that the API takes. */
const WIDEST_M = 1_000_000
/** `GeolocationPositionError` has these numbers, and a worker of a test has no such class. */
const WHY: Record<number, NoPosition> = { 1: 'refused', 2: 'unavailable', 3: 'timeout' }

type Locate = Pick<Geolocation, 'getCurrentPosition'>

export function devicePosition(locate: Locate | undefined, secure: boolean): Promise<Place | NoPosition> {
  if (!secure) return Promise.resolve('insecure')
  if (!locate) return Promise.resolve('unavailable')
  return new Promise((resolve) => {
    locate.getCurrentPosition(
      ({ coords }) => {
        const { longitude, latitude, accuracy } = coords
        if (!(accuracy <= WIDEST_M)) {
          resolve('unavailable')
          return
        }
        resolve({
          by: 'device',
          longitude: degrees(longitude),
          latitude: degrees(latitude),
          uncertaintyM: Math.max(1, Math.ceil(accuracy)),
        })
      },
      ({ code }) => resolve(WHY[code] ?? 'unavailable'),
      { enableHighAccuracy: true, timeout: LONGEST_WAIT_MS, maximumAge: 0 },
    )
  })
}
