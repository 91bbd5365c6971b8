import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * The path that a `file:` URI names, percent-encoded in whatever style; undefined for any other URI.
 * One path for all spellings: without a slash at its end (some give folders one), or two in a row.
 */
export function pathOfUri(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || !/^file:/i.test(uri)) return undefined
  try {
    // Some servers encode the slashes, too; every editor decodes them.
    return resolve(fileURLToPath(uri.replace(/%2f/gi, '/')))
  } catch {
    return undefined // a foreign host, bytes that are no UTF-8: no file of this machine
  }
}

export function uriOfPath(path: string): string {
  return pathToFileURL(path).href
}
