import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Surroundings } from '../command.ts'
import { plainText } from '../text.ts'
import { error, type Finding, ok } from './finding.ts'
import { inPath, isProgram } from './machine.ts'
import { roadFindings } from './roads.ts'

/** Servers that load a project first answer late. */
const ANSWER_WITHIN_MS = 20_000

/** Whether a server is there and answers, and what it can do means. */
export async function serverFindings(around: Surroundings, command: readonly string[]): Promise<Finding[]> {
  const { env, cwd, progress, variables } = around
  const program = command[0]!
  const found = await whereabouts(around, program)
  if (found.level === 'error') return [found]
  progress(`asking ${program}…`)
  // Loaded only for this.
  const { talkTo } = await import('./server-talk.ts')
  const uri = pathToFileURL(cwd).href
  const params = {
    processId: env.host.pid,
    clientInfo: { name: 'lsp-wal doctor' },
    rootUri: uri,
    workspaceFolders: [{ uri, name: 'workspace' }],
    capabilities: CAPABILITIES,
  }
  const talk = await talkTo(command, cwd, variables, params, ANSWER_WITHIN_MS)
  if (talk.kind !== 'answered') return [found, error(plainText(talk.problem), ADVICE[talk.kind])]
  const name = talk.info === '' ? '' : `, and calls itself ${plainText(talk.info)}`
  return [found, ok(`it answers${name}`), ...roadFindings(talk.capabilities)]
}

const ADVICE = {
  silent: 'is that how it is started? Its manual tells its arguments',
  refused: 'is this a project of its language?',
}

async function whereabouts({ env, cwd, variables }: Surroundings, program: string): Promise<Finding> {
  const shown = plainText(program)
  if (!/[\\/]/.test(program)) {
    const file = await inPath(env.disk, program, variables.PATH)
    if (file !== undefined) return ok(`found at ${plainText(file)}`)
    return error(`${shown} is not in PATH`, 'install it, or give its path')
  }
  const stat = await env.disk.stat(resolve(cwd, program))
  if (stat === undefined) return error(`there is no file ${shown}`, 'install it, or correct its path')
  if (stat.kind !== 'file') return error(`${shown} is no file`, 'give the path of the program')
  if (!isProgram(stat)) return error(`${shown} may not be executed`, `chmod +x ${shown}`)
  return ok(`found at ${shown}`)
}

/** What a modern editor says of itself, so that a server says all it can do. */
const CAPABILITIES = {
  workspace: {
    applyEdit: true,
    workspaceEdit: { documentChanges: true, resourceOperations: ['create', 'rename', 'delete'] },
    fileOperations: { willCreate: true, willRename: true, willDelete: true },
    workspaceFolders: true,
  },
  textDocument: {
    rename: { prepareSupport: true },
    codeAction: {
      codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'refactor', 'source'] } },
      dataSupport: true,
      resolveSupport: { properties: ['edit', 'command'] },
    },
    formatting: {},
  },
}
