/** The photos of an incident, as the server keeps them. Their addresses need the key, so each is fetched. */
import { api, dataOf, Refused, type Once } from '../../../api/client'
import type { Incident, Photo } from '../../../api/shapes'

const PAGE = 500
/** The server gives a photo so long at most, on the worst link. */
const LONGEST_MS = 11 * 60_000
/** What can be chosen. The server looks at the content. */
export const ACCEPTED = 'image/jpeg,image/png,image/webp'
const CLOSED: readonly Incident['status'][] = ['merged', 'retracted']

/** Whether it can take a photo, as far as its state says. */
export function takesPhotos({ status }: Pick<Incident, 'status'>): boolean {
  return !CLOSED.includes(status)
}

/** All of them, the first sent first; null where this key has no photos to see. */
export async function photosOf(incident_id: string, signal: AbortSignal): Promise<Photo[] | null> {
  const found: Photo[] = []
  let cursor: string | null | undefined
  try {
    do {
      const params = { path: { incident_id }, query: { limit: PAGE, ...(cursor && { cursor }) } }
      const page = dataOf(await api.GET('/v1/incidents/{incident_id}/attachments', { params, signal }))
      found.push(...page.items)
      cursor = page.next
    } while (cursor)
  } catch (error) {
    // To who does not see the whole incident it has no photos.
    if (error instanceof Refused && error.problem.status === 404) return null
    throw error
  }
  return found
}

export async function pictureOf(
  incident_id: string,
  attachment_id: string,
  isSmall: boolean,
  signal: AbortSignal,
): Promise<Blob> {
  const asked = { params: { path: { incident_id, attachment_id } }, parseAs: 'blob', signal } as const
  return dataOf(
    isSmall
      ? await api.GET('/v1/incidents/{incident_id}/attachments/{attachment_id}/thumbnail', asked)
      : await api.GET('/v1/incidents/{incident_id}/attachments/{attachment_id}', asked),
  )
}

/** A photo as it was chosen. */
export interface Chosen {
  incident_id: string
  file: File
  caption: string
}

/** What makes it the same request: the file by what a browser says of it, as its bytes are not read for that. */
export function requestOf({ incident_id, file, caption }: Chosen): unknown {
  const { name, size, lastModified } = file
  return { incident_id, caption, name, size, lastModified }
}

/** Whether it was added; false where the incident has it already. */
export async function sendPhoto({ incident_id, file, caption }: Chosen, header: Once, stop: AbortSignal) {
  const answer = await api.POST('/v1/incidents/{incident_id}/attachments', {
    params: { path: { incident_id }, query: caption ? { caption } : {}, header },
    headers: { 'Content-Type': 'application/octet-stream' },
    // The document says of bytes that they are a string.
    body: file as unknown as string,
    bodySerializer: (body: unknown) => body as Blob,
    signal: AbortSignal.any([stop, AbortSignal.timeout(LONGEST_MS)]),
  })
  dataOf(answer)
  return answer.response.status === 201
}

export async function removePhoto(incident_id: string, attachment_id: string, reason: string, header: Once) {
  const params = { path: { incident_id, attachment_id }, header }
  dataOf(await api.POST('/v1/incidents/{incident_id}/attachments/{attachment_id}/remove', { params, body: { reason } }))
}

/** Whether nothing else that a person chooses would be taken: no store, or an incident that has as many as it may. */
export function isFinal(problem: unknown): boolean {
  return problem instanceof Refused && problem.problem.code === 'conflict'
}
