import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, expect } from 'vitest'
import { createMessageConnection, type MessageConnection } from 'vscode-jsonrpc/node'
import type { Stage } from './stage.ts'

const running: LateEditor[] = []
afterEach(async () => {
  for (const editor of running.splice(0)) await editor.die()
})

/**
 * An editor with c.ts open, that says of every edit that it took it, and tells of the change when it is told to, as
 * Emacs does. It takes no notice of what others write. At the end of a test it is killed.
 */
export class LateEditor {
  readonly told: string[] = []
  /** How many edits it was asked for. */
  asked = 0
  #answer: Promise<void> | undefined
  readonly #stage: Stage
  readonly #child
  readonly #wire: MessageConnection
  readonly #ended: Promise<unknown>

  private constructor(stage: Stage) {
    const [file, ...args] = stage.wrapped()
    this.#stage = stage
    this.#child = spawn(file!, args, { cwd: stage.workspace, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#ended = new Promise((done) => this.#child.once('close', done))
    this.#child.stdin.on('error', () => {}) // it was killed
    this.#wire = createMessageConnection(this.#child.stdout, this.#child.stdin)
    this.#wire.onRequest('workspace/applyEdit', async () => {
      this.asked++
      await this.#answer
      return { applied: true }
    })
    const hear = ({ message }: { message: string }) => void this.told.push(message)
    this.#wire.onNotification('window/showMessage', hear)
    this.#wire.onRequest('window/showMessageRequest', (asked: { message: string }) => {
      hear(asked)
      return new Promise(() => {})
    })
    this.#wire.listen()
    running.push(this)
  }

  static async start(stage: Stage): Promise<LateEditor> {
    const editor = new LateEditor(stage)
    await editor.#wire.sendRequest('initialize', {
      processId: null, // another editor each time
      rootUri: null,
      workspaceFolders: [{ uri: stage.uri(''), name: 'workspace' }],
      capabilities: { workspace: { applyEdit: true, workspaceEdit: { documentChanges: true } } },
    })
    await editor.#wire.sendNotification('initialized', {})
    const text = readFileSync(stage.path('c.ts'), 'utf8')
    const textDocument = { uri: stage.uri('c.ts'), languageId: 'typescript', version: 1, text }
    await editor.#wire.sendNotification('textDocument/didOpen', { textDocument })
    return editor
  }

  /** Has the server make an edit, and takes it. */
  async asks(command: object): Promise<void> {
    await this.#wire.sendRequest('workspace/executeCommand', command)
  }

  /** From now on it answers no edit before that is called: its user is asked first. */
  asksItsUser(): () => void {
    let answer = () => {}
    this.#answer = new Promise((done) => {
      answer = done
    })
    return answer
  }

  async hears(what: RegExp): Promise<void> {
    await expect.poll(() => this.told, { timeout: 20_000 }).toContainEqual(expect.stringMatching(what))
  }

  /** Tells at last of what its buffer has held all the time. */
  async tells(text: string): Promise<void> {
    const textDocument = { uri: this.#stage.uri('c.ts'), version: 2 }
    await this.#wire.sendNotification('textDocument/didChange', { textDocument, contentChanges: [{ text }] })
  }

  async saves(text: string): Promise<void> {
    writeFileSync(this.#stage.path('c.ts'), text)
    const textDocument = { uri: this.#stage.uri('c.ts') }
    await this.#wire.sendNotification('textDocument/didSave', { textDocument })
  }

  async quit(): Promise<void> {
    await this.#wire.sendRequest('shutdown')
    await this.#wire.sendNotification('exit')
    await this.#ended
  }

  async die(): Promise<void> {
    this.#wire.dispose()
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
