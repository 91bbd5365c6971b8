import type { MessageConnection } from 'vscode-jsonrpc/node'

/** What a server says of its own work: loading, indexing (LSP 3.17, "Work Done Progress"; rust-analyzer's status). */
export class Activity {
  readonly #running = new Map<string | number, string>()
  readonly #stirred: () => void
  #busy = false
  #changes = 0
  #last = ''

  /** `stirred` is called after everything that comes in. */
  constructor(connection: MessageConnection, stirred: () => void) {
    this.#stirred = stirred
    connection.onUnhandledProgress(({ token, value }) => this.#progress(token, value))
    connection.onNotification('experimental/serverStatus', (status: { quiescent?: unknown } | null) => {
      this.#busy = status?.quiescent === false
      this.#changed()
    })
  }

  /** It says of nothing that it is at it. */
  get isIdle(): boolean {
    return this.#running.size === 0 && !this.#busy
  }

  /** How often something has begun or ended; 0 for a server that never says. */
  get changes(): number {
    return this.#changes
  }

  /** What it said last: "Indexing 40%". */
  get last(): string {
    return this.#last
  }

  #progress(token: string | number, value: unknown): void {
    const { kind, title, message, percentage } = (value ?? {}) as Readonly<Record<string, unknown>>
    if (kind === 'begin') this.#running.set(token, typeof title === 'string' ? title : '')
    const [name, part] = [this.#running.get(token), typeof message === 'string' ? message : '']
    if (kind === 'end') this.#running.delete(token)
    // Partial results come the same way, and say of nothing that it begins.
    if (name === undefined) return
    this.#last = [name, part, typeof percentage === 'number' ? `${Math.round(percentage)}%` : '']
      .filter((text) => text !== '')
      .join(' ')
    if (kind === 'report') this.#stirred()
    else this.#changed()
  }

  #changed(): void {
    this.#changes++
    this.#stirred()
  }
}
