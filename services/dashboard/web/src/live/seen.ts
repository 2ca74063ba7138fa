/** What a page knows of something that is read again and again. */
export interface Seen<Data> {
  /** As it was read last; null before the first answer. */
  data: Data | null
  /** Why the last attempt has no answer; null when it has one. */
  error: unknown
  readAt: Date | null
}
