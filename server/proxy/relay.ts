import type { Readable, Writable } from 'node:stream'
import { type Faults, Lane } from './lane.ts'
import { NO_ANSWERS, type Watched } from './routes.ts'
import type { End, ServerProcess } from './server-process.ts'

export interface Editor {
  readonly input: Readable
  readonly output: Writable
  /** Calls `heed` with every signal that asks this process to end. */
  readonly signals: (heed: (signal: NodeJS.Signals) => void) => void
}

// Between what the server is told and what it is made to do, once the editor is gone.
const PATIENCE_MS = 5000
const LAST_PATIENCE_MS = 2000
// How long a server's output is quiet, or goes on at most, until what comes is no longer the server's that exited.
const QUIET_MS = 300
const LONGEST_TAIL_MS = 3000
const LOOK_MS = 50
const WATCH_MS = 3000

const NOTHING_WATCHED: Watched = { calls: {}, answers: NO_ANSWERS }
const NO_FAULTS: Faults = { garbled: () => {}, failed: () => {} }

/** Passes everything on, as a pipe would: for a proxy that another one has wrapped already. */
export function runPipe(editor: Editor, server: ServerProcess): Promise<End> {
  return new Relay(editor, server, NOTHING_WATCHED, NOTHING_WATCHED, NO_FAULTS).run()
}

/**
 * The two lanes between an editor and its server, and how they end: with the server, which no editor that is gone
 * leaves behind.
 */
export class Relay {
  readonly toServer: Lane
  readonly toEditor: Lane
  readonly #editor: Editor
  readonly #server: ServerProcess
  #editorIsGone = false
  #exited = false
  #giveUp: () => void = () => {}

  constructor(
    editor: Editor,
    server: ServerProcess,
    fromEditor: Watched,
    fromServer: Watched,
    faults: Faults,
  ) {
    this.#editor = editor
    this.#server = server
    // What an editor writes that is no message is its own server's to say.
    this.toServer = new Lane(editor.input, server.stdin, fromEditor, { ...faults, garbled: () => {} })
    this.toEditor = new Lane(server.stdout, editor.output, fromServer, faults)
  }

  /** Resolves with the server's end, once everything that it wrote has been taken. */
  async run(): Promise<End> {
    this.#editor.signals((signal) => this.#signalled(signal))
    const delivered = this.#deliver()
    void this.toServer.run().then((end) => {
      // A server that closed its stdin may live on without it: that is no reason to end it.
      if (end === 'ended' || this.#editor.input.destroyed) return this.#editorGone()
      for (const event of ['end', 'close']) this.#editor.input.once(event, () => this.#editorGone())
    })
    const end = await this.#server.exited
    this.#exited = true
    const watch = this.#watchTail()
    await Promise.race([delivered, new Promise<void>((done) => (this.#giveUp = done))])
    clearInterval(watch)
    return end
  }

  /** Looks now and then whether the editor's process is still there: its pipes may be held open by another one. */
  watchEditor(isThere: () => boolean): void {
    const watch = setInterval(() => {
      if (isThere()) return
      clearInterval(watch)
      this.#editorGone()
    }, WATCH_MS).unref()
  }

  async #deliver(): Promise<void> {
    const { output } = this.#editor
    const [end] = await Promise.all([this.toEditor.run(), this.#passStderr()])
    if (end === 'unwanted') return this.#refuse()
    // A server that closes its output while it lives on is seen to do so.
    await new Promise<void>((done) => {
      output.once('close', done)
      output.once('error', done)
      output.end(done)
    })
  }

  /** A reader that is gone is an error for whoever writes to it next, and for nobody before that. */
  #refuse(): void {
    const { stdout } = this.#server
    stdout.once('data', () => stdout.destroy())
  }

  /** Where stdout and stderr are one pipe: what is written there goes between the frames. */
  async #passStderr(): Promise<void> {
    const { stderr } = this.#server
    if (stderr === undefined) return
    const { output } = this.#editor
    stderr.on('data', (bytes: Buffer) => {
      this.toEditor.inject(bytes)
      if (output.writableNeedDrain) stderr.pause()
    })
    output.on('drain', () => stderr.resume())
    output.on('close', () => stderr.destroy())
    await new Promise<void>((done) => {
      stderr.once('close', done)
      stderr.once('error', done)
    })
  }

  /** The server is gone: what it wrote is delivered, and not waited for where it will never end or never be taken. */
  #watchTail(): NodeJS.Timeout {
    const { output } = this.#editor
    const since = Date.now()
    let flowed = 0
    let waiting = output.writableLength
    let movedAt = since
    return setInterval(() => {
      const now = Date.now()
      const quietSince = this.toEditor.quietSince
      if (quietSince !== undefined) flowed += LOOK_MS
      // A child that the server left holds its output open.
      const isQuiet = quietSince !== undefined && now - Math.max(quietSince, since) > QUIET_MS
      if (isQuiet || flowed > LONGEST_TAIL_MS) this.#closeOutput()
      if (output.writableLength !== waiting) {
        waiting = output.writableLength
        movedAt = now
      }
      if (this.#editorIsGone && now - movedAt > LAST_PATIENCE_MS) this.#giveUp()
    }, LOOK_MS)
  }

  #closeOutput(): void {
    this.#server.stdout.destroy()
    this.#server.stderr?.destroy()
  }

  #signalled(signal: NodeJS.Signals): void {
    if (this.#exited) return this.#giveUp()
    this.#server.kill(signal)
    // Ctrl-C may mean something else to a server; the others ask it to end, and once it is on its own nobody does.
    if (signal !== 'SIGINT')
      this.#insist([() => this.#server.stdin.end(), () => this.#server.kill('SIGKILL')])
  }

  /** Nobody is left to serve, and no server may outlive its editor. */
  #editorGone(): void {
    if (this.#editorIsGone) return
    this.#editorIsGone = true
    this.#server.stdin.end()
    this.#insist([() => this.#server.kill('SIGTERM'), () => this.#server.kill('SIGKILL')])
  }

  #insist([first, last]: readonly [() => void, () => void]): void {
    setTimeout(() => {
      if (this.#exited) return
      first()
      setTimeout(() => this.#exited || last(), LAST_PATIENCE_MS).unref()
    }, PATIENCE_MS).unref()
  }
}
