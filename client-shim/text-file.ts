import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A file as a buffer holds it: its text, line endings as they are, and whether a BOM stood before it. */
export interface TextFile {
  readonly text: string
  readonly bom: boolean
}

/**
 * Reads a UTF-8 file. Throws when it is not UTF-8: editors have a fallback of their own for each encoding,
 * and one that was guessed wrong would change bytes that no edit has touched.
 */
export async function readTextFile(path: string): Promise<TextFile> {
  const bytes = await readFile(path)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new Error(`cannot open ${path}: it is not UTF-8`, { cause })
  }
  const bom = text.startsWith('\uFEFF')
  return { text: bom ? text.slice(1) : text, bom }
}

/**
 * Writes the file in place, as an ordinary editor does: truncate, write, close, no fsync. A crash in
 * between leaves an empty or a short file behind; one soon after, on a machine that loses power, too.
 */
export async function writeTextFile(path: string, file: TextFile): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, file.bom ? `\uFEFF${file.text}` : file.text)
  } catch (cause) {
    throw new Error(`cannot save ${path}: ${String(cause)}`, { cause })
  }
}

/** Whether an error says that a file, or a folder on the way to it, does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
