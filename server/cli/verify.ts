import { parseArgs } from 'node:util'
import { plural } from '../history/words.ts'
import { type Finding, isDamage, type Verified, verifyRoot, verifySessions } from '../journal/verify.ts'
import { type Command, EXIT, orUsage, type Surroundings } from './command.ts'
import { sizeText } from './measures.ts'
import { styleFor } from './style.ts'
import { jsonText, plainText, shownPath } from './text.ts'

const USAGE = `Usage: lsp-wal verify [--json]

Reads every log of every workspace, and checks all that can be: the sum of each line, that none is missing,
every original against its hash, and every file as an edit makes it against the hash of that. Writes nothing.
Exit status: ${EXIT.done} if all is sound, ${EXIT.error} if something is damaged or cut off.

    --json   for programs: {sound, sessions: [{path, place (live, claimed, history), edits, outcomes, bytes,
             findings}], findings}; a finding is {kind (torn, corrupt, refused, outcome, missing, session,
             folder; stray is no damage), path, at? (byte offset), reason}
`

/** How often it is shown how far it has come. */
const SHOW_MS = 200

/** `lsp-wal verify`: reads every log; exit status 1 if something is damaged. */
export const verify: Command = async (around, args) => {
  const options = parse(args)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const { env, root } = around
  const findings = await verifyRoot(env, root)
  const sessions: Verified[] = []
  for await (const session of verifySessions(env, root, progressOf(around, sessions))) sessions.push(session)
  around.progress('')
  const sound = ![...findings, ...sessions.flatMap((each) => each.findings)].some(isDamage)
  if (options.json) around.out(jsonText({ sound, sessions: sessions.map(sessionJson), findings }))
  else around.out(textOf(around, sessions, findings))
  return sound ? EXIT.done : EXIT.error
}

function progressOf(
  { env, progress, root }: Surroundings,
  sessions: readonly Verified[],
): (path: string, intents: number) => void {
  let last = env.host.now().getTime()
  return (path, intents) => {
    const now = env.host.now().getTime()
    if (now - last < SHOW_MS) return
    last = now
    const where = shownPath({ cwd: root.path }, path)
    progress(`${plural(sessions.length, 'session')} read; ${where}: ${plural(intents, 'edit')}`)
  }
}

function sessionJson({ intents, ...others }: Verified): object {
  return { ...others, edits: intents }
}

function textOf(around: Surroundings, sessions: readonly Verified[], findings: readonly Finding[]): string {
  const { bold } = styleFor(around.colour)
  const lines = findings.map((each) => findingLine(around, each))
  for (const { path, findings } of sessions) {
    if (findings.length === 0) continue
    lines.push(bold(shownPath({ cwd: around.root.path }, path)))
    lines.push(...findings.map((each) => `  ${findingLine(around, each)}`))
  }
  const damaged = sessions.filter((each) => each.findings.some(isDamage)).length
  const sum = (key: 'intents' | 'bytes') => sessions.reduce((total, each) => total + each[key], 0)
  const read = `${plural(sessions.length, 'session')}, ${plural(sum('intents'), 'edit')}, ${sizeText(sum('bytes'))}`
  const verdict = damaged > 0 ? `${damaged} damaged` : findings.length > 0 ? 'not all was read' : 'all sound'
  return `${[...lines, `${read}: ${verdict}.`].join('\n')}\n`
}

const WORDS: Readonly<Record<Finding['kind'], string>> = {
  torn: 'torn',
  corrupt: 'corrupt',
  refused: 'of an unknown version',
  outcome: 'damaged',
  missing: 'something is missing',
  session: 'damaged',
  folder: 'refused',
  stray: 'a stranger',
}

function findingLine(around: Surroundings, finding: Finding): string {
  const { bad, faint } = styleFor(around.colour)
  const { kind, path, at, reason } = finding
  const word = (isDamage(finding) ? bad : faint)(WORDS[kind])
  const name = shownPath({ cwd: around.root.path }, path)
  return `${name}: ${word}${at === undefined ? '' : ` at byte ${at}`}: ${plainText(reason)}`
}

function parse(args: readonly string[]): { readonly json: boolean } | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const { values } = orUsage(() =>
    parseArgs({ args: [...args], options: { json: flag, help: flag }, allowPositionals: false }),
  )
  return values.help ? 'help' : values
}
