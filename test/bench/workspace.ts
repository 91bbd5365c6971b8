import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const FILE_BYTES = 8 * 1024
/** The functions of a file whose names its edits change: the first, one within, and a late one. */
const RENAMED = [0, 20, 40]
const LINES_A_FUNCTION = 5

/**
 * A folder with so many files of some `bytes` of TypeScript.
 * Synced: what is still to be written would go out with the next fsync of whoever is measured.
 */
export function makeWorkspace(folder: string, files: number, bytes = FILE_BYTES): void {
  mkdirSync(folder, { recursive: true })
  for (const [file, path] of pathsIn(folder, files).entries())
    writeFileSync(path, textOf(file, bytes), { flush: true })
}

export function pathsIn(folder: string, files: number): string[] {
  return Array.from({ length: files }, (_, file) => join(folder, `orders-${file}.ts`))
}

/** A WorkspaceEdit that changes three names in every file. */
export function editOf(folder: string, files: number): object {
  return {
    documentChanges: pathsIn(folder, files).map((path, file) => ({
      textDocument: { uri: pathToFileURL(path).href, version: null },
      edits: RENAMED.map((each) => ({ range: rangeOfName(file, each), newText: `sumOf${file}_${each}` })),
    })),
  }
}

function textOf(file: number, bytes: number): string {
  let text = ''
  for (let each = 0; text.length < bytes; each++) text += functionOf(file, each)
  return text
}

function functionOf(file: number, each: number): string {
  return `${HEAD}${nameOf(file, each)}(orders: readonly Order[]): number {
  const open = orders.filter(({ state }) => state !== 'closed')
  return open.reduce((sum, { price, count }) => sum + price * count, ${each})
}

`
}

const HEAD = 'export function '

function nameOf(file: number, each: number): string {
  return `total${file}_${each}`
}

function rangeOfName(file: number, each: number): object {
  const line = each * LINES_A_FUNCTION
  const end = HEAD.length + nameOf(file, each).length
  return { start: { line, character: HEAD.length }, end: { line, character: end } }
}
