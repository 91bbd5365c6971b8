import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { frame, message } from '../relay/messages.ts'
import type { Processes } from '../relay/processes.ts'
import { type Arrived, initialized, Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'

/** An editor that asks for the edit of the action that was picked, as Neovim, Helix and Emacs do. */
export const RESOLVING = {
  workspace: { applyEdit: true },
  textDocument: {
    codeAction: { dataSupport: true, resolveSupport: { properties: ['edit', 'command'] } },
  },
}

/** What the proxy adds to the commands of every server. */
export const OWN_COMMANDS = ['undo', 'redo', 'log', 'show', 'status', 'recover'].map(
  (name) => `lsp-wal.${name}`,
)

/** Starts a session over three files, in which the editor and the server have said this much of themselves. */
export async function started(
  stage: Stage,
  processes: Processes,
  {
    editor = RESOLVING as object,
    server = {} as object,
    options = [] as readonly string[],
    processId = process.pid,
  } = {},
): Promise<{ session: Session; offered: Arrived }> {
  for (const name of ['a.ts', 'c.ts', 'd.ts']) stage.write(name, 'foo\n')
  const session = await Session.start(stage, processes, (command) => stage.wrapped(options, command))
  const params = {
    processId,
    capabilities: editor,
    workspaceFolders: [{ uri: stage.uri('.'), name: 'workspace' }],
  }
  await session.exchange({ fromEditor: [message({ id: 'initialize', method: 'initialize', params })] })
  const result = frame(
    `{"jsonrpc":"2.0","id":"initialize","result":{"capabilities":${JSON.stringify(server)}}}`,
  )
  const { toEditor } = await session.exchange({ fromServer: [result] })
  await session.exchange({ fromEditor: [initialized] })
  return { session, offered: toEditor }
}

/** What a journal's logs say of each intent, in order. */
export interface Logged {
  readonly id: string
  readonly edits: readonly { readonly Path: string; readonly NewText: string }[]
  readonly originals: Readonly<Record<string, string>>
  readonly moves?: readonly { readonly from: string; readonly to: string }[]
  readonly meta: { readonly road: string; readonly label: string }
}

export function logged(journal: string): Logged[] {
  return linesOf(journal, 'wal.log') as Logged[]
}

/** Every outcome: its event, and its reason if there is one. */
export function outcomes(journal: string): string[] {
  const all = linesOf(journal, 'outcomes.log') as { event: string; reason?: string }[]
  return all.map(({ event, reason }) => (reason === undefined ? event : `${event}: ${reason}`))
}

function linesOf(journal: string, name: string): unknown[] {
  if (!existsSync(journal)) return []
  const all = readdirSync(journal, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith(name),
  )
  return all
    .flatMap((path) => readFileSync(join(journal, path), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

/** Puts `newText` in the place of the first three letters of a file. */
export function workspaceEdit(stage: Stage, name: string, newText: string): object {
  return { changes: { [stage.uri(name)]: [{ range: FIRST_THREE, newText }] } }
}

export const FIRST_THREE = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
