import { DiskError } from '../../disk/disk.ts'
import { readHistory } from '../../history/history.ts'
import { isWaiting, States } from '../../history/state.ts'
import { plural } from '../../history/words.ts'
import { JournalError } from '../../journal/env.ts'
import { lifeOf, liveSessions } from '../../journal/session-folder.ts'
import type { Surroundings } from '../command.ts'
import { plainText } from '../text.ts'
import { error, type Finding, ok, reasonOf, warning } from './finding.ts'

/** What is recorded in this folder, what waits, and which editors run. */
export async function historyFindings({ env, root, cwd }: Surroundings): Promise<Finding[]> {
  try {
    const history = await readHistory(env, root, cwd)
    const states = new States(env, history)
    const all = await Promise.all(history.entries.map((entry) => states.of(entry)))
    const waiting = all.filter(isWaiting).length
    const damaged = (await states.damageIn(history)).length
    const findings = [ok(`${plural(history.entries.length, 'edit')} recorded in this folder`)]
    if (waiting > 0)
      findings.push(warning(`${plural(waiting, 'edit')} waiting to be recovered`, 'see lsp-wal status'))
    if (damaged > 0) findings.push(error(`${plural(damaged, 'damaged log')}`, 'see lsp-wal verify'))
    return [...findings, ...(await running({ env, root }))]
  } catch (problem) {
    if (!(problem instanceof JournalError || problem instanceof DiskError)) throw problem
    return [error(plainText(reasonOf(problem)), 'see what is said of the journal')]
  }
}

async function running({ env, root }: Pick<Surroundings, 'env' | 'root'>): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const session of await liveSessions(env, root)) {
    const { claimedBy, info } = session
    if (claimedBy !== undefined || info.editor === null || (await lifeOf(env, session)) !== 'live') continue
    const editor = [info.editor.name || 'an editor', info.editor.version].join(' ').trim()
    findings.push(
      ok(plainText(`${editor} runs with ${info.server.join(' ')}, in ${info.folders.join(', ')}`)),
    )
  }
  return findings
}
