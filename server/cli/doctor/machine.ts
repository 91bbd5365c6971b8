import { delimiter, join } from 'node:path'
import type { Stat } from '../../disk/disk.ts'
import { type Surroundings, UsageError } from '../command.ts'
import { plainText } from '../text.ts'
import { wrapOptions } from '../wrap-options.ts'
import { error, type Finding, ok, warning } from './finding.ts'

/** What this program runs on. */
export async function machineFindings({ env, programs, variables }: Surroundings): Promise<Finding[]> {
  const findings = [node(programs), ...wrong(variables)]
  const own = await inPath(env.disk, 'lsp-wal', variables.PATH)
  findings.push(
    own === undefined
      ? warning('lsp-wal is not in PATH', `name it by its path: ${programs.lspWal.join(' ')}`)
      : ok(`lsp-wal is ${own}`),
  )
  // Elsewhere nothing can be asked about attributes, and every file is written in place.
  if ((await env.disk.stat('/proc'))?.kind === 'folder')
    findings.push(await attributes(env.disk, variables.PATH))
  return findings
}

const OLDEST_NODE = 20

function node({ node, nodeVersion }: Surroundings['programs']): Finding {
  const text = `Node.js ${nodeVersion} at ${plainText(node)}`
  return Number.parseInt(nodeVersion, 10) < OLDEST_NODE
    ? error(text, `install Node.js ${OLDEST_NODE} or later: this one was never tried`)
    : ok(text)
}

/** What every start of a server would fail with, and only its editor's log would tell. */
function wrong(variables: Surroundings['variables']): Finding[] {
  try {
    wrapOptions([], variables)
    return []
  } catch (problem) {
    if (!(problem instanceof UsageError)) throw problem
    return [
      error(plainText(`in the environment: ${problem.message}`), 'correct it: no server starts like this'),
    ]
  }
}

async function attributes(disk: Surroundings['env']['disk'], path: string | undefined): Promise<Finding> {
  for (const program of ['getfattr', 'python3']) {
    if ((await inPath(disk, program, path)) !== undefined)
      return ok(`access lists and attributes are asked of ${program}`)
  }
  return warning(
    'neither getfattr nor python3 is there: undo and recover write every file in place, not by a rename',
    "install Debian's package attr, or what has getfattr elsewhere",
  )
}

/** The first program of a name in PATH. */
export async function inPath(
  disk: Surroundings['env']['disk'],
  name: string,
  path: string | undefined,
): Promise<string | undefined> {
  for (const folder of (path ?? '').split(delimiter).filter((each) => each !== '')) {
    const file = join(folder, name)
    const stat = await disk.stat(file).catch(() => undefined)
    if (stat !== undefined && isProgram(stat)) return file
  }
  return undefined
}

/** Windows tells programs by their names. */
export function isProgram({ kind, mode }: Pick<Stat, 'kind' | 'mode'>): boolean {
  return kind === 'file' && (delimiter === ';' || (mode & 0o111) !== 0)
}
