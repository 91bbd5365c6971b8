import { type Entry, type History, readHistory } from '../history/history.ts'
import { lookUpId } from '../history/ids.ts'
import type { Surroundings } from './command.ts'
import { resolveId } from './ids.ts'
import { reading } from './progress.ts'

/**
 * The entry that an id refers to (`@` without one), and the history it was found in. It is looked for here, then
 * everywhere: it may come from `log --all`.
 * @throws JournalError where there is none
 */
export async function findEntry(
  around: Surroundings,
  id: string | undefined,
): Promise<{ history: History; entry: Entry }> {
  const { env, root, cwd } = around
  const here = await readHistory(env, root, cwd, reading(around))
  const wanted = id ?? '@'
  const found = lookUpId(here.entries, wanted)
  if (found.kind === 'entry' || found.kind === 'ambiguous' || wanted.startsWith('@'))
    return { history: here, entry: resolveId(here.entries, wanted) }
  const everywhere = await readHistory(env, root, undefined, reading(around))
  return { history: everywhere, entry: resolveId(everywhere.entries, wanted) }
}
