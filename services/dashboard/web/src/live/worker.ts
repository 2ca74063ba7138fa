/** The hub of all windows of one browser, as a SharedWorker. */
import { StreamHub } from './hub'
import type { LinkState, StreamEvent } from './follow'
import type { FromWorker, ToWorker } from './protocol'

declare const self: SharedWorkerGlobalScope

const hub = new StreamHub()

self.onconnect = ({ ports }) => {
  for (const port of ports) serve(port)
}

function serve(port: MessagePort): void {
  const ends = new Map<number, () => void>()
  const send = (message: FromWorker) => port.postMessage(message)
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if ('hello' in data) {
      // Given when the window is gone, however it went.
      void navigator.locks.request(data.hello, () => {
        for (const end of ends.values()) end()
        port.close()
      })
    } else if ('renew' in data) {
      hub.renew(data.renew, data.after)
    } else if ('end' in data) {
      ends.get(data.end)?.()
      ends.delete(data.end)
    } else {
      const { follow: path, key, number } = data
      const listener = {
        opened: () => send({ number, opened: true }),
        event: (event: StreamEvent) => send({ number, event }),
        link: (link: LinkState, heardAt: number | null) => send({ number, link, heardAt }),
      }
      ends.set(number, hub.add(path, key, listener))
    }
  }
}
