import type { MessageConnection } from 'vscode-jsonrpc/node'
import {
  type Diagnostic,
  LogMessageNotification,
  type MessageType,
  PublishDiagnosticsNotification,
  ShowMessageNotification,
  type ShowMessageRequestParams,
} from 'vscode-languageserver-protocol/node'
import { pathOf } from './documents.ts'

/** A message for the user: shown, logged, or a question with the titles of its actions. */
export interface ServerMessage {
  readonly kind: 'show' | 'log' | 'question'
  readonly type: MessageType
  readonly text: string
  readonly actions: readonly string[]
}

/** Keeps what the server says without being asked: messages, and the diagnostics of each file. */
export class Inbox {
  readonly messages: ServerMessage[] = []
  readonly #diagnostics = new Map<string, readonly Diagnostic[]>()
  readonly #stirred: () => void

  /** `stirred` is called after everything that comes in. */
  constructor(connection: MessageConnection, stirred: () => void) {
    this.#stirred = stirred
    connection.onNotification(ShowMessageNotification.type, ({ type, message }) =>
      this.#keep({ kind: 'show', type, text: message, actions: [] }),
    )
    connection.onNotification(LogMessageNotification.type, ({ type, message }) =>
      this.#keep({ kind: 'log', type, text: message, actions: [] }),
    )
    connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics }) => {
      // Those of an `untitled:` document belong to no file that this client could have open.
      if (uri.startsWith('file:')) this.#diagnostics.set(pathOf(uri), diagnostics)
      this.#stirred()
    })
  }

  /** Questions are requests: they come in by another door. */
  keepQuestion({ type, message, actions = [] }: ShowMessageRequestParams): void {
    this.#keep({ kind: 'question', type, text: message, actions: actions.map(({ title }) => title) })
  }

  /** Undefined: the server has not said anything about this file. */
  diagnostics(path: string): readonly Diagnostic[] | undefined {
    return this.#diagnostics.get(path)
  }

  #keep(message: ServerMessage): void {
    this.messages.push(message)
    this.#stirred()
  }
}
