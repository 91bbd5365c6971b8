import { bytesOf } from '../edits/file-bytes.ts'
import { type Hasher, type Hashes, hashesOf } from '../edits/hash.ts'
import type { Intent, Withheld } from '../journal/intent.ts'
import { isAsRecorded, type PathState } from './observe.ts'
import type { Workspace } from './workspace.ts'

/** What a path whose bytes were kept out of the log holds, as far as hashes tell. */
export interface WithheldSight {
  readonly path: string
  readonly state: PathState
}

/** Looks at every path of an intent whose bytes were kept out of the log. */
export async function observeWithheld(
  workspace: Pick<Workspace, 'look'>,
  intent: Intent,
  hasher: Hasher,
): Promise<WithheldSight[]> {
  const seen: WithheldSight[] = []
  for (const withheld of intent.withheld ?? []) {
    const { path } = withheld
    const sight = await workspace.look(path)
    if (sight.kind === 'other') seen.push({ path, state: 'drifted' })
    else {
      const facts = intent.facts.get(path)
      const now = sight.kind === 'file' ? hashesOf(hasher, bytesOf(sight.bytes)) : undefined
      const state = stateOf(withheld, now, facts?.disk)
      seen.push({ path, state: state === 'untouched' && !isAsRecorded(facts, sight) ? 'restored' : state })
    }
  }
  return seen
}

/** `disk`: where the original was a buffer, what lay under it. */
function stateOf(withheld: Withheld, now: Hashes | undefined, disk: string | null | undefined): PathState {
  const { before, after } = withheld
  if (holdsAfter(withheld, now)) return 'landed'
  if (now?.raw === before?.raw || (disk !== undefined && disk === (now?.raw ?? null))) return 'untouched'
  // As for what is not withheld: the edit, or something after it, has been at it.
  return after.kind === 'unknown' ? 'landed' : 'drifted'
}

/** Also as an editor may have changed it on save; an edit that changes only such things is compared raw. */
function holdsAfter({ before, after }: Withheld, now: Hashes | undefined): boolean {
  switch (after.kind) {
    case 'unknown':
      return false
    case 'absent':
      return now === undefined
    case 'file':
      if (now === undefined || now.raw === after.hashes.raw) return now !== undefined
      return now.norm === after.hashes.norm && before?.norm !== after.hashes.norm
  }
}
