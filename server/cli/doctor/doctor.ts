import { pathToFileURL } from 'node:url'
import { type Command, EXIT, type Surroundings, UsageError } from '../command.ts'
import { styleFor } from '../style.ts'
import { jsonText, plainText } from '../text.ts'
import { error, type Finding, ok, type Section } from './finding.ts'
import { historyFindings } from './history.ts'
import { journalFindings } from './journal.ts'
import { inPath, machineFindings } from './machine.ts'
import { roadFindings } from './roads.ts'

const USAGE = `Usage: lsp-wal doctor [--json] [-- SERVER [ARG]...]

Looks whether everything is there that lsp-wal needs: Node.js, the journal's folder and its rights, room,
sockets, what waits to be recovered; with a server also whether that is found and answers, and what it can
do means for its edits. Nothing is changed, but that the journal's folder is made.

    --json   for programs: [{title, findings: [{level (ok, warning, error), text, advice?}]}]

Exit status: ${EXIT.error} if there is an error, else ${EXIT.done}.
`

/** Servers that load a project first answer late. */
const ANSWER_WITHIN_MS = 20_000

/** `lsp-wal doctor`. */
export const doctor: Command = async (around, args) => {
  const split = args.indexOf('--')
  const flags = split < 0 ? args : args.slice(0, split)
  const unknown = flags.find((flag) => flag !== '--json' && flag !== '--help')
  if (unknown !== undefined)
    throw new UsageError(`lsp-wal doctor does not know ${unknown}; a server stands behind \`--\``)
  if (flags.includes('--help')) {
    around.out(USAGE)
    return EXIT.done
  }
  const server = split < 0 ? [] : args.slice(split + 1)
  const sections: Section[] = [
    { title: 'Machine', findings: await machineFindings(around) },
    { title: 'Journal', findings: await journalFindings(around) },
    { title: 'History', findings: await historyFindings(around) },
  ]
  if (server.length > 0)
    sections.push({ title: `Server: ${server.join(' ')}`, findings: await serverFindings(around, server) })
  around.progress('')
  around.out(flags.includes('--json') ? jsonText(sections) : textOf(around, sections))
  const isBad = sections.some(({ findings }) => findings.some(({ level }) => level === 'error'))
  return isBad ? EXIT.error : EXIT.done
}

async function serverFindings(around: Surroundings, command: readonly string[]): Promise<Finding[]> {
  const { env, cwd, progress, variables } = around
  const [program] = command
  const isPath = /[\\/]/.test(program!)
  const file = isPath ? program : await inPath(env.disk, program!, variables.PATH)
  if (file === undefined)
    return [error(`${plainText(program!)} is not in PATH`, 'install it, or give its path')]
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
  const found = ok(`found at ${plainText(file!)}`)
  if (talk.kind === 'silent')
    return [found, error(plainText(talk.problem), 'start it by hand: what does it say?')]
  const name = talk.info === '' ? '' : `, and calls itself ${plainText(talk.info)}`
  return [found, ok(`it answers${name}`), ...roadFindings(talk.capabilities)]
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

const MARKS = { ok: '✓', warning: '!', error: '✗' } as const

function textOf({ colour }: Surroundings, sections: readonly Section[]): string {
  const style = styleFor(colour)
  const paint = { ok: style.good, warning: style.warn, error: style.bad }
  const lines = sections.flatMap(({ title, findings }) => [
    style.bold(plainText(title)),
    ...findings.flatMap(({ level, text, advice }) => [
      `  ${paint[level](`${MARKS[level]} ${level === 'ok' ? '' : `${level}: `}`)}${text}`,
      ...(advice === undefined ? [] : [`      ${advice}`]),
    ]),
    '',
  ])
  return lines.join('\n')
}
