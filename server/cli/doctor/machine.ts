import { delimiter, join } from 'node:path'
import type { Surroundings } from '../command.ts'
import { type Finding, ok, warning } from './finding.ts'

/** What this program runs on. */
export async function machineFindings({ env, programs, variables }: Surroundings): Promise<Finding[]> {
  const findings = [ok(`Node.js ${programs.nodeVersion} at ${programs.node}`)]
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
    if ((await disk.stat(file).catch(() => undefined))?.kind === 'file') return file
  }
  return undefined
}
