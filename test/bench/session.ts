import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from './child.ts'
import { BENCH_SERVER, type Contender } from './contenders.ts'
import { initializeParams } from './initialize.ts'
import type { Wire } from './wire.ts'

const REQUEST = 1

/** An editor's session with the bench's server, through a contender. */
export class Session {
  readonly child: Child
  /** The folder of lsp-wal's logs. */
  readonly journal: string
  readonly #folder: string

  constructor(contender: Contender, folder: string) {
    this.#folder = folder
    this.journal = join(folder, 'journal')
    this.child = Child.start(contender.wrap(BENCH_SERVER, this.journal), folder)
  }

  get wire(): Wire {
    return this.child.wire
  }

  /** Sends `initialize` and waits for the answer. */
  initialize(workspace = this.#emptyWorkspace()): void {
    this.ask('initialize', initializeParams(workspace))
    this.wire.send({ jsonrpc: '2.0', method: 'initialized', params: {} })
  }

  /** Asks the server for something and returns its result. */
  ask(method: string, params: object): unknown {
    this.request(method, params)
    return this.answer()
  }

  /** Asks, and does not wait. */
  request(method: string, params: object): void {
    this.wire.send({ jsonrpc: '2.0', id: REQUEST, method, params })
  }

  /** Waits for the answer to the last request. */
  answer(): unknown {
    return this.wire.receiveAnswer(REQUEST).result
  }

  #emptyWorkspace(): string {
    const workspace = join(this.#folder, 'workspace')
    mkdirSync(workspace, { recursive: true })
    return workspace
  }
}
