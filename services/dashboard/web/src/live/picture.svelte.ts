/**
 * The picture of one kind of thing: what the list says, kept up to date by the stream.
 *
 * The stream is opened first, and the list is read after that: what changes meanwhile arrives by the stream, and an
 * older revision than the one that is shown is ignored. So there is no moment of which nothing is known.
 */
import { SvelteMap } from 'svelte/reactivity'
import type { LinkState, StreamEvent } from './follow'
import type { Source } from './source'

/** `resynced`: the server no longer had what was missed, and the whole list was read again. */
export type PictureState = LinkState | 'loading' | 'failed'

export interface Kind<Item> {
  /** The address of the stream. */
  path: string
  /** The present state, page after page. Throws when it cannot be read. */
  read(signal: AbortSignal): AsyncIterable<Item[]>
  /** The thing that an event is about, as it is now. Null for an event that says nothing of the picture; `reread` where
   * the event says less than the picture shows. */
  of(event: StreamEvent, known: (id: string) => Item | undefined): Item | null | 'reread'
  id(item: Item): string
  /** Whether the item says the same as the known one or something later. */
  follows(item: Item, known: Item): boolean
  /** How many the picture holds: with many more, those that were heard of the longest ago are let go. */
  most?: number
}

const RETRY_MS = 3_000
/** How far above its number a picture may be: letting go one by one would sort at each event. */
const SLACK = 1.2

export class Picture<Item> {
  items = new SvelteMap<string, Item>()
  state = $state<PictureState>('connecting')
  /** When something was last heard, or null while nothing was shown yet. */
  heardAt = $state<Date | null>(null)
  /** When the list was last read again because the stream had a gap. */
  resyncedAt = $state<Date | null>(null)
  /** Whether the items are complete: the list was read once. */
  loaded = $state(false)

  #kind: Kind<Item>
  #end: (() => void) | null = null
  #reading: AbortController | null = null
  /** What the stream said while the list was read: the list may be too old to name it. */
  #saidMeanwhile = new Set<string>()
  #listeners = new Set<(item: Item, event: StreamEvent) => void>()

  constructor(kind: Kind<Item>) {
    this.#kind = kind
  }

  /** Follow as the holder of this key. Called again, it begins anew. */
  start(source: Source, key: string): void {
    this.stop()
    this.#end = source.add(this.#kind.path, key, {
      opened: () => {
        if (!this.loaded) this.#read(false)
        this.heardAt = new Date()
      },
      event: (event) => this.#take(event),
      link: (state, heardAt) => this.#link(state, heardAt),
    })
  }

  stop(): void {
    this.#end?.()
    this.#end = null
    this.#reading?.abort()
    this.items.clear()
    this.loaded = false
    this.heardAt = null
    this.resyncedAt = null
    this.state = 'connecting'
  }

  /** Call `listener` for each item that an event changes. The result ends it. */
  onChange(listener: (item: Item, event: StreamEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #link(state: LinkState, heardAt: number | null): void {
    this.state = state === 'live' && !this.loaded ? 'loading' : state
    // While the link was up nothing was missed, however long ago something happened.
    if (this.loaded && heardAt !== null) this.heardAt = new Date(heardAt)
  }

  #take(event: StreamEvent): void {
    this.heardAt = new Date()
    if (event.type === 'resync') {
      this.resyncedAt = new Date()
      this.#read(true)
      return
    }
    const item = this.#kind.of(event, (id) => this.items.get(id))
    if (item === null) return
    if (item === 'reread') {
      this.#read(true)
      return
    }
    if (this.#reading) this.#saidMeanwhile.add(this.#kind.id(item))
    this.#put(item)
    this.#letGo()
    for (const listener of this.#listeners) listener(item, event)
  }

  #put(item: Item): void {
    const id = this.#kind.id(item)
    const known = this.items.get(id)
    if (known !== undefined && !this.#kind.follows(item, known)) return
    // So that the items stand in the order in which they were heard of.
    if (this.loaded && this.#kind.most !== undefined) this.items.delete(id)
    this.items.set(id, item)
  }

  #letGo(): void {
    const { most = Infinity } = this.#kind
    if (!this.loaded || this.items.size <= most * SLACK) return
    for (const id of [...this.items.keys()].slice(0, this.items.size - most)) this.items.delete(id)
  }

  /** Read the list. What is shown stays until the new list is complete. `anew`: drop what it does not name. */
  #read(anew: boolean): void {
    this.#reading?.abort()
    const reading = new AbortController()
    this.#reading = reading
    this.#saidMeanwhile.clear()
    void (async () => {
      for (;;) {
        try {
          const named = new Map<string, Item>()
          for await (const page of this.#kind.read(reading.signal)) {
            if (reading.signal.aborted) return
            for (const item of page) named.set(this.#kind.id(item), item)
          }
          // The last recorded stand first in a list.
          for (const item of [...named.values()].reverse()) this.#put(item)
          for (const id of anew ? [...this.items.keys()] : []) {
            if (!named.has(id) && !this.#saidMeanwhile.has(id)) this.items.delete(id)
          }
          this.#reading = null
          this.loaded = true
          this.heardAt = new Date()
          if (this.state === 'loading' || this.state === 'failed') this.state = 'live'
          return
        } catch {
          if (reading.signal.aborted) return
          this.state = 'failed'
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
          if (reading.signal.aborted) return
        }
      }
    })()
  }
}
