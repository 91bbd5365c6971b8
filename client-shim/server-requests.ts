import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ErrorCodes, type MessageConnection, ResponseError } from 'vscode-jsonrpc/node'
import {
  ConfigurationRequest,
  type MessageActionItem,
  RegistrationRequest,
  ShowDocumentRequest,
  ShowMessageRequest,
  type ShowMessageRequestParams,
  UnregistrationRequest,
  WorkDoneProgressCreateRequest,
  type WorkspaceFolder,
  WorkspaceFoldersRequest,
} from 'vscode-languageserver-protocol/node'

/**
 * What a user would click: the title of one of the question's actions, or null for none.
 * As a list: the first of these titles that the question offers.
 */
export type Answers = readonly string[] | ((question: ShowMessageRequestParams) => string | null)

export interface Habits {
  readonly folders: readonly string[]
  /** Section to value; a section that is not in it is answered with null. */
  readonly configuration: Readonly<Record<string, unknown>>
  readonly answers: Answers
  /** For requests that this client does not know; undefined leaves them unknown (MethodNotFound). */
  readonly onRequest: (method: string, params: unknown) => unknown
  readonly onQuestion: (question: ShowMessageRequestParams) => void
}

/** The answer of vscode-eslint's clients for "this library may be run". */
const ESLINT_APPROVED = 4

/** Answers what servers ask of an editor, but for `workspace/applyEdit`. */
export function answerServerRequests(connection: MessageConnection, habits: Habits): void {
  connection.onRequest(ConfigurationRequest.type, ({ items }) =>
    items.map(({ section }) => habits.configuration[section ?? ''] ?? null),
  )
  connection.onRequest(WorkspaceFoldersRequest.type, () => workspaceFolders(habits.folders))
  connection.onRequest(RegistrationRequest.type, () => {})
  connection.onRequest(UnregistrationRequest.type, () => {})
  connection.onRequest(WorkDoneProgressCreateRequest.type, () => {})
  connection.onRequest(ShowDocumentRequest.type, () => ({ success: false }))
  connection.onRequest(ShowMessageRequest.type, (question) => {
    habits.onQuestion(question)
    return answerTo(question, habits.answers)
  })
  connection.onRequest('eslint/confirmESLintExecution', () => ESLINT_APPROVED)
  connection.onRequest('eslint/openDoc', () => ({}))
  // typescript-language-server, after an extraction: would the user name it?
  connection.onRequest('_typescript.rename', () => null)
  connection.onRequest(async (method, params) => {
    const result = await habits.onRequest(method, params)
    if (result !== undefined) return result
    return new ResponseError(ErrorCodes.MethodNotFound, `Unhandled method ${method}`)
  })
}

export function workspaceFolders(folders: readonly string[]): WorkspaceFolder[] {
  return folders.map((folder) => ({ uri: pathToFileURL(folder).href, name: basename(folder) }))
}

function answerTo(question: ShowMessageRequestParams, answers: Answers): MessageActionItem | null {
  const actions = question.actions ?? []
  if (typeof answers === 'function') {
    const title = answers(question)
    return actions.find((action) => action.title === title) ?? null
  }
  for (const title of answers) {
    const action = actions.find((candidate) => candidate.title === title)
    if (action !== undefined) return action
  }
  return null
}
