import type { Env } from '../journal/env.ts'
import { openDocuments } from '../journal/open-documents.ts'
import type { Root } from '../journal/root.ts'
import type { Mirror } from './mirror.ts'

/**
 * Those of some paths that are open all the same, though not by these names in this session: in another editor, behind
 * another server of this one, or by a name that leads there through a link.
 */
export async function openElsewhere(
  { env, root, session }: { readonly env: Env; readonly root: Root; readonly session: string },
  mirror: Pick<Mirror, 'paths'>,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  const real = (path: string) => env.disk.realpath(path).catch(() => path) // one that is not there has one name only
  const open = await openDocuments(env, root, session)
  for (const path of mirror.paths) open.add(await real(path))
  const found = new Set<string>()
  if (open.size === 0) return found
  for (const path of paths) if (open.has(path) || open.has(await real(path))) found.add(path)
  return found
}
