import { JournalError } from '../journal/env.ts'
import { pathsIn } from '../journal/open-documents.ts'
import { type FoundSession, lifeOf, liveSessions } from '../journal/session-folder.ts'
import type { Wish } from '../recovery/as-asked.ts'
import { shareFolder } from '../recovery/shared-folders.ts'
import type { Surroundings } from './command.ts'

/** What a session is asked for, as it goes over its socket (FORMAT.md). */
type Order = TakeBackOrder | RecoveryOrder

interface RecoveryOrder extends Wish {
  readonly v: 1
  readonly do: 'recover'
  /** Absolute: what was recorded in other ones is no matter of it. */
  readonly folders: readonly string[]
}

interface TakeBackOrder {
  readonly v: 1
  readonly do: 'undo' | 'redo'
  /** The whole id of the intent. */
  readonly id: string
  /** Absolute; none: all of them. */
  readonly files: readonly string[]
  readonly dryRun: boolean
}

/** An editor may ask its user first, and users may be away. */
const MOST_MS = 10 * 60_000

/**
 * The running session through whose editor files of these folders are to be written, so that buffers and files agree:
 * their `own`, else the one that holds most of them open, else the newest there. Undefined: none runs.
 * @throws JournalError where one runs that does not answer: nobody knows what it has open
 */
export async function sessionFor(
  around: Surroundings,
  folders: readonly string[],
  files: readonly string[],
  own?: FoundSession,
): Promise<FoundSession | undefined> {
  const { env, root } = around
  const touched = new Set(files)
  const found: { readonly session: FoundSession; readonly rank: number }[] = []
  for (const each of await liveSessions(env, root)) {
    if (each.claimedBy !== undefined || each.info.editor === null) continue
    if ((await lifeOf(env, each)) !== 'live') continue
    if (!(await shareFolder(env.disk, each.info.folders, folders))) continue
    const call = await env.host.call(each.info.socket)
    const open = call.answered && call.line !== undefined ? pathsIn(call.line) : undefined
    if (open === undefined)
      throw new JournalError(`${nameOf(each)} runs here, and does not answer: what it has open is not known`)
    const isOwn = each.info.session === own?.info.session
    const rank = isOwn ? Number.POSITIVE_INFINITY : open.filter((path) => touched.has(path)).length
    found.push({ session: each, rank })
  }
  // Sessions come oldest first, and sorting is stable.
  return found.reverse().sort((a, b) => b.rank - a.rank)[0]?.session
}

/** `isAnswer`: whether what it says is one. @throws JournalError with what the session says against it */
export async function order<T extends object>(
  around: Surroundings,
  { info }: FoundSession,
  what: Order,
  isAnswer: (value: unknown) => value is T,
): Promise<T> {
  const { host } = around.env
  const name = nameOf({ info })
  around.progress(`asking ${name}…`)
  const call = await host.call(info.socket, { request: JSON.stringify(what), within: MOST_MS })
  around.progress('')
  const answer = call.answered && call.line !== undefined ? read(call.line, isAnswer) : undefined
  if (answer === undefined) throw new JournalError(`${name} did not say what became of it; see: lsp-wal log`)
  if (answer instanceof JournalError) throw new JournalError(`${name}: ${answer.message}`)
  return answer
}

function nameOf({ info }: Pick<FoundSession, 'info'>): string {
  return info.editor?.name || 'the editor'
}

function read<T>(line: string, isAnswer: (value: unknown) => value is T): T | JournalError | undefined {
  try {
    const answer = JSON.parse(line) as { readonly error?: unknown }
    if (typeof answer.error === 'string') return new JournalError(answer.error)
    return isAnswer(answer) ? answer : undefined
  } catch {
    return undefined
  }
}
