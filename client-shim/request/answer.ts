import type { PositionEncodingKind, WorkspaceEdit } from 'vscode-languageserver-protocol/node'

/** What came of a request, as one JSON object a line. */
export type Answer =
  | {
      readonly answer: 'edit'
      readonly server: string
      readonly label: string
      /** All that the server sent, one after the other. */
      readonly edit: WorkspaceEdit
      /** How its positions count. */
      readonly encoding: PositionEncodingKind
      /** The files that the server was shown, as they were read: what the edit refers to. */
      readonly texts: readonly { readonly uri: string; readonly text: string }[]
    }
  | { readonly answer: 'actions'; readonly server: string; readonly actions: readonly OfferedAction[] }
  /** None of the actions is the one that is wanted, or more than one is. */
  | { readonly answer: 'choose'; readonly reason: string; readonly actions: readonly OfferedAction[] }
  /** The question makes no sense for the file: there is no such line. */
  | { readonly answer: 'usage'; readonly reason: string }
  /** The server has nothing for it, or says no, or did not answer in time, or is gone. */
  | { readonly answer: 'refused'; readonly reason: string }

/** One action of a menu. */
export interface OfferedAction {
  readonly title: string
  readonly kind: string
  readonly preferred: boolean
  /** Why it cannot be run, where the server says so. */
  readonly disabled?: string
}

/** Not an answer yet: what the server says of its work. */
export interface Progress {
  readonly progress: string
}
