import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { DiskError } from '../../disk/disk.ts'
import { JournalError } from '../../journal/env.ts'
import { checkOutside, prepareRoot } from '../../journal/root.ts'
import type { Surroundings } from '../command.ts'
import { sizeText } from '../measures.ts'
import { plainText } from '../text.ts'
import { error, type Finding, ok, reasonOf, warning } from './finding.ts'

/** Less than this is soon filled by the originals of a few large refactorings. */
const LITTLE_SPACE = 512 * 2 ** 20

/** Whether the log can be kept where it is to be kept: rights, a durable write, space, a socket. */
export async function journalFindings({ env, root, cwd }: Surroundings): Promise<Finding[]> {
  const { disk, host } = env
  try {
    await checkOutside(env, root, [cwd])
    await prepareRoot(env, root, [cwd])
  } catch (problem) {
    if (!(problem instanceof JournalError || problem instanceof DiskError)) throw problem
    return [error(plainText(reasonOf(problem)), 'choose another folder: --journal, or $LSP_WAL_DIR')]
  }
  const findings = [ok(`the journal is ${plainText(root.path)}, and nobody else's to read`)]
  const name = `.doctor-${host.random(8)}`
  findings.push(
    await tried(
      'is written to durably',
      'edits would be refused: make room, or choose another folder',
      async () => {
        const path = join(root.path, name)
        const file = await disk.open(path, 'create', 0o600)
        try {
          await file.write(Buffer.from('x'))
          await file.sync()
        } finally {
          await file.close()
          await disk.remove(path)
        }
        await disk.syncFolder(root.path)
      },
    ),
    await space(root.path),
    await tried(
      'takes sockets: the command line reaches running editors',
      'choose a folder on a local disk, or one whose path is shorter',
      async () => {
        const address = host.uid === undefined ? `\\\\.\\pipe\\lsp-wal${name}` : join(root.live, name)
        const listener = await host.listen(address, () => 'here')
        const call = await host.call(address)
        await listener.close()
        if (!call.answered || call.line !== 'here') throw new Error('nobody answers at a socket there')
      },
    ),
  )
  return findings
}

async function tried(text: string, advice: string, attempt: () => Promise<void>): Promise<Finding> {
  try {
    await attempt()
    return ok(`it ${text}`)
  } catch (problem) {
    return error(plainText(reasonOf(problem)), advice)
  }
}

async function space(path: string): Promise<Finding> {
  try {
    const { bavail, bsize } = await statfs(path)
    const free = bavail * bsize
    const text = `${sizeText(free)} are free there`
    return free < LITTLE_SPACE ? warning(text, 'see lsp-wal gc, and --keep and --max-size') : ok(text)
  } catch (problem) {
    return warning(`how much room is left there is not known: ${plainText(reasonOf(problem))}`)
  }
}
