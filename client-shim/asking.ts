import { pathToFileURL } from 'node:url'
import {
  type CodeAction,
  type CodeActionContext,
  CodeActionRequest,
  CodeActionTriggerKind,
  type Command,
  type Diagnostic,
  type Position,
  type Range,
  ReferencesRequest,
  RenameRequest,
  type WorkspaceEdit,
} from 'vscode-languageserver-protocol/node'
import { urisOf } from './apply-edit.ts'
import type { Conversation } from './conversation.ts'
import { DeadlineError } from './deadline.ts'

export interface Rename {
  readonly path: string
  readonly position: Position
  readonly newName: string
}

export interface CodeActionOptions {
  /** The kinds to ask for; all by default. */
  readonly only?: readonly string[]
  readonly timeoutMs?: number
}

/** The server's edit for a rename; null where it has none. */
export async function askForRename(
  conversation: Conversation,
  { path, position, newName }: Rename,
  timeoutMs: number,
): Promise<WorkspaceEdit | null> {
  const params = { textDocument: identify(path), position, newName }
  const edit = await conversation.ask(RenameRequest.type, params, timeoutMs)
  return edit === null || urisOf(edit).length === 0 ? null : edit
}

/**
 * Asks a server that may still be loading until its edit covers so many files. Every answer is an edit for
 * whoever listens in between, wanted or not: where references can be found, those are asked for first, and
 * most often only one rename then.
 */
export async function askForWholeRename(
  conversation: Conversation,
  rename: Rename,
  files: number,
  timeoutMs: number,
  hasReferences: boolean,
): Promise<WorkspaceEdit> {
  const end = Date.now() + timeoutMs
  // Where references and renames differ the rename decides, with the time that this leaves it.
  if (hasReferences) await awaitReferences(conversation, rename, files, timeoutMs / 2)
  let covered = 0
  const ask = async (leftMs: number) => {
    const edit = await askForRename(conversation, rename, leftMs)
    covered = edit === null ? 0 : urisOf(edit).length
    return edit !== null && covered >= files ? edit : undefined
  }
  try {
    return await conversation.askUntil(describeRename(rename), end - Date.now(), ask)
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error
    const what = `${describeRename(rename)} in ${files} files; the last answer had ${covered}`
    throw new DeadlineError(timeoutMs, what, { cause: error.cause })
  }
}

export function describeRename({ path, position, newName }: Rename): string {
  return `a rename to ${newName} at ${path}:${position.line}:${position.character}`
}

/** The code actions for a range, with those of the file's diagnostics that lie there. */
export async function askForCodeActions(
  conversation: Conversation,
  at: { readonly path: string; readonly range: Range; readonly diagnostics: readonly Diagnostic[] },
  options: CodeActionOptions,
): Promise<(Command | CodeAction)[]> {
  const context: CodeActionContext = {
    diagnostics: at.diagnostics.filter(({ range }) => touches(range, at.range)),
    triggerKind: CodeActionTriggerKind.Invoked,
    ...(options.only && { only: [...options.only] }),
  }
  const params = { textDocument: identify(at.path), range: at.range, context }
  return (await conversation.ask(CodeActionRequest.type, params, options.timeoutMs)) ?? []
}

/** Asks until an action is offered that is wanted and not disabled. */
export async function askUntilOffered(
  conversation: Conversation,
  what: string,
  ask: (timeoutMs: number) => Promise<(Command | CodeAction)[]>,
  wanted: (action: Command | CodeAction) => boolean,
  timeoutMs: number = conversation.timeoutMs,
): Promise<Command | CodeAction> {
  let titles: string[] = []
  try {
    return await conversation.askUntil(what, timeoutMs, async (leftMs) => {
      const actions = await ask(leftMs)
      titles = actions.map(({ title }) => title)
      return actions.find((action) => !('disabled' in action && action.disabled) && wanted(action))
    })
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error
    const offered = titles.length === 0 ? 'none' : titles.join(', ')
    throw new DeadlineError(timeoutMs, `${what}; offered were: ${offered}`, { cause: error.cause })
  }
}

async function awaitReferences(
  conversation: Conversation,
  { path, position }: Rename,
  files: number,
  timeoutMs: number,
): Promise<void> {
  const params = { textDocument: identify(path), position, context: { includeDeclaration: true } }
  try {
    await conversation.askUntil('references', timeoutMs, async (leftMs) => {
      const found = (await conversation.ask(ReferencesRequest.type, params, leftMs)) ?? []
      return new Set(found.map(({ uri }) => uri)).size >= files || undefined
    })
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error
  }
}

function identify(path: string): { uri: string } {
  return { uri: pathToFileURL(path).href }
}

/** Whether two ranges share a character, or at least an edge. */
function touches(a: Range, b: Range): boolean {
  return !isBefore(a.end, b.start) && !isBefore(b.end, a.start)
}

function isBefore(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character)
}
