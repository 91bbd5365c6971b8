import { bytesOf } from '../edits/file-bytes.ts'
import type { FileChange } from '../history/changes.ts'
import type { Intent } from '../journal/intent.ts'
import { diffOf } from './diff.ts'

/** A place that an edit changed, in the file as the edit left it. */
export interface Place {
  readonly path: string
  /** From 1. */
  readonly line: number
  /** From 1, in bytes, as Vim and ripgrep count. */
  readonly column: number
  /** The line as it is now; empty where the bytes are not known. */
  readonly text: string
}

const LF = 10
const CR = 13

/** Where an intent changed a file: each of its edits, else each place where the lines differ. None in one that is gone. */
export function placesOf(intent: Intent, file: FileChange): Place[] {
  const { path, after } = file
  if (file.kind === 'deleted') return []
  if (after.kind !== 'file' || file.bare) return [{ path, line: 1, column: 1, text: '' }]
  const lines = new Lines(path, Buffer.from(bytesOf(after.bytes)))
  const edits = intent.images.find((image) => image.path === path)?.edits ?? []
  if (edits.length === 0 || file.kind === 'created')
    return changedLines(file).map((line) => lines.placeAt(lines.startOf(line)))
  let shift = 0
  return edits.map(({ start, end, text }) => {
    const at = start + shift
    shift += Buffer.byteLength(text) - (end - start)
    return lines.placeAt(at)
  })
}

function changedLines(file: FileChange): readonly number[] {
  const diff = diffOf(file, 0)
  if (file.kind === 'created' || diff.kind !== 'text' || diff.hunks.length === 0) return [1]
  return diff.hunks.map(({ newStart }) => newStart)
}

class Lines {
  readonly #path: string
  readonly #bytes: Buffer
  /** Where each line begins. */
  readonly #starts = [0]

  constructor(path: string, bytes: Buffer) {
    this.#path = path
    this.#bytes = bytes
    for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, lf + 1)) this.#starts.push(lf + 1)
  }

  /** Of a line, from 1; beyond the last one, the end. */
  startOf(line: number): number {
    return this.#starts[line - 1] ?? this.#bytes.length
  }

  placeAt(at: number): Place {
    let [line, above] = [0, this.#starts.length]
    while (above - line > 1) {
      const middle = (line + above) >> 1
      if (this.#starts[middle]! <= at) line = middle
      else above = middle
    }
    const start = this.#starts[line]!
    let end = line + 1 < this.#starts.length ? this.#starts[line + 1]! - 1 : this.#bytes.length
    if (end > start && this.#bytes[end - 1] === CR) end--
    const text = this.#bytes.toString('utf8', start, end)
    return { path: this.#path, line: line + 1, column: at - start + 1, text }
  }
}
