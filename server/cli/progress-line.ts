import { cutTo } from './columns.ts'
import { plainText } from './text.ts'

/** Work that is done sooner shows nothing. */
const SHOW_AFTER_MS = 300
const SHOW_EVERY_MS = 100

/** The one line of a terminal that tells how far long work has come; it is written over, and gone in the end. */
export class ProgressLine {
  readonly #write: (text: string) => void
  readonly #columns: () => number | undefined
  #text = ''
  #isShown = false
  /** When it may be written next, in milliseconds since 1970; undefined: nothing is under way. */
  #dueMs: number | undefined
  #timer: NodeJS.Timeout | undefined

  /** `columns`: how wide the terminal is. */
  constructor(write: (text: string) => void, columns: () => number | undefined) {
    this.#write = write
    this.#columns = columns
  }

  /** `text`: how far it is; an empty one: it is done. */
  show(text: string): void {
    if (text === '') return this.#end()
    this.#text = text
    this.#dueMs ??= Date.now() + SHOW_AFTER_MS
    // Work that never waits lets no timer go off.
    if (Date.now() >= this.#dueMs) this.#draw()
    else this.#timer ??= setTimeout(() => this.#draw(), this.#dueMs - Date.now()).unref()
  }

  /** Makes room for other lines; it comes back with the next news. */
  clear(): void {
    if (this.#isShown) this.#write('\r\x1b[2K')
    this.#isShown = false
  }

  #draw(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#dueMs = Date.now() + SHOW_EVERY_MS
    // In the last column some terminals go on to the next line.
    const columns = this.#columns()
    const text = cutTo(plainText(this.#text), columns === undefined ? undefined : columns - 1)
    this.#write(`\r\x1b[2K${text}`)
    this.#isShown = true
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#dueMs = undefined
    this.clear()
  }
}
