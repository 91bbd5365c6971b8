import type { Readable, Writable } from 'node:stream'
import { type Faults, Lane } from './lane.ts'
import { NO_ANSWERS, type Watched } from './routes.ts'
import type { End, ServerProcess } from './server-process.ts'

export interface Editor {
  readonly input: Readable
  readonly output: Writable
  /** Calls `heed` with every signal that asks this process to end, also with those that came already. */
  readonly signals: (heed: (signal: NodeJS.Signals) => void) => void
  /** Whether the process that started this one is gone. */
  readonly isOrphan: () => boolean
}

/** What a server is given to leave by itself, once it was told that its editor is gone; and by the last signal but one. */
const PATIENCE_MS = 5000
const LAST_PATIENCE_MS = 2000
/** How long the output of a server that has exited is quiet until that was all of it. */
const QUIET_MS = 300
/** How long it may go on at most: by then what comes is a child's that the server left. */
const LONGEST_TAIL_MS = 3000
/** How often that is looked at; how often it is looked whether the editor is there. */
const LOOK_MS = 50
const WATCH_MS = 3000
/** How many looks in a row must find that nobody started this process and nothing is read from the editor. */
const LOOKS = 3

const NOTHING_WATCHED: Watched = { calls: {}, answers: NO_ANSWERS, undecided: () => 'pass' }
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
  /** Nobody waits for what is still on its way. */
  #mustLeave = false
  #exited = false
  #giveUp: () => void = () => {}
  #hurry: () => void = () => {}
  /** Resolves when a signal comes though the server is gone: nobody waits any more for what it wrote. */
  readonly hurried = new Promise<void>((done) => {
    this.#hurry = done
  })

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
    const orphan = this.#watchParent()
    const end = await this.#server.exited
    clearInterval(orphan)
    this.#exited = true
    const tail = this.#watchTail()
    const givenUp = new Promise<void>((done) => {
      this.#giveUp = done
    })
    await Promise.race([delivered, givenUp, this.hurried])
    clearInterval(tail)
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

  /**
   * The same for an editor that never said who it is. That its end is not seen can only be where nothing is read
   * from it: the server takes nothing.
   */
  #watchParent(): NodeJS.Timeout {
    let looks = 0
    return setInterval(() => {
      looks = this.toServer.quietSince === undefined && this.#editor.isOrphan() ? looks + 1 : 0
      if (looks === LOOKS) this.#editorGone()
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
    let quiet = 0
    let held = 0
    let waiting = output.writableLength
    let movedAt = since
    return setInterval(() => {
      const now = Date.now()
      const quietSince = output.writableNeedDrain ? undefined : this.toEditor.quietSince
      if (quietSince !== undefined) flowed += LOOK_MS
      // A child that the server left holds its output open. Quiet twice: a look may come after this process stood
      // still, and before it has read what was there.
      const isQuiet = quietSince !== undefined && now - Math.max(quietSince, since) > QUIET_MS
      quiet = isQuiet ? quiet + 1 : 0
      if (quiet > 1 || flowed > LONGEST_TAIL_MS) this.#closeOutput()
      if (output.writableLength !== waiting) {
        waiting = output.writableLength
        movedAt = now
      }
      if (this.#mustLeave && now - movedAt > LAST_PATIENCE_MS) this.#giveUp()
      // A disk that hangs must not keep from the editor that its server is gone.
      held = this.toEditor.isSettling ? held + LOOK_MS : 0
      if (held > PATIENCE_MS) this.#giveUp()
    }, LOOK_MS)
  }

  #closeOutput(): void {
    this.#server.stdout.destroy()
    this.#server.stderr?.destroy()
  }

  #signalled(signal: NodeJS.Signals): void {
    if (this.#exited) return this.#hurry()
    this.#server.kill(signal)
    // Ctrl-C may mean something else to a server; the others ask it to end, and once it is on its own nobody does.
    if (signal === 'SIGINT') return
    this.#mustLeave = true
    this.#insist(() => this.#server.stdin.end())
  }

  /** Nobody is left to serve, and no server may outlive its editor. */
  #editorGone(): void {
    if (this.#editorIsGone) return
    this.#editorIsGone = true
    this.#mustLeave = true
    this.#server.stdin.end()
    this.#insist(() => this.#server.kill('SIGTERM'))
  }

  /** A server that stays is asked in another way, and then made to leave. */
  #insist(ask: () => void): void {
    const unlessGone = (act: () => void) => () => this.#exited || act()
    setTimeout(unlessGone(ask), PATIENCE_MS).unref()
    const kill = unlessGone(() => this.#server.kill('SIGKILL'))
    setTimeout(kill, PATIENCE_MS + LAST_PATIENCE_MS).unref()
  }
}
