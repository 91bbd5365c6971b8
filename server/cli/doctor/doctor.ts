import { type Command, EXIT, type Surroundings, UsageError } from '../command.ts'
import { styleFor } from '../style.ts'
import { jsonText, plainText } from '../text.ts'
import type { Section } from './finding.ts'
import { historyFindings } from './history.ts'
import { journalFindings } from './journal.ts'
import { machineFindings } from './machine.ts'
import { serverFindings } from './server.ts'

const USAGE = `Usage: lsp-wal doctor [--json] [-- SERVER [ARG]...]

Looks whether everything is there that lsp-wal needs: Node.js, the journal's folder and its rights, room,
sockets, what waits to be recovered; with a server also whether that is found and answers, and what it can
do means for its edits. Nothing is changed, but that the journal's folder is made.

    --json   for programs: [{title, findings: [{level (ok, warning, error), text, advice?}]}]

Exit status: ${EXIT.error} if there is an error, else ${EXIT.done}.
`

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
  if (split >= 0 && !server[0]) throw new UsageError('no server after `--`')
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
