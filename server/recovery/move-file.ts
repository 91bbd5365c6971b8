import { DiskError, type Folder } from '../disk/disk.ts'
import { mustBeAt } from './open-folders.ts'
import { type Move, Refused } from './workspace.ts'

/** One move, and the two folders that it is about, held open. */
export interface MoveSite {
  readonly move: Move
  readonly source: Held
  readonly target: Held
}

/** A folder held open, and the name of a file in it. */
export interface Held {
  readonly folder: Folder
  /** Where the folder was when it was opened, without links. */
  readonly folderPath: string
  /** The folder's own. */
  readonly identity: string | undefined
  readonly name: string
}

/** Where a file stands that was given its new name: by both names, or by that alone. */
export type Arrived = { readonly by: 'both'; readonly identity: string } | { readonly by: 'one' }

/**
 * Gives a file its new name beside the old one. Never over another file: a second name is refused where one stands.
 * A crash after this leaves the file by both names, which the next look knows by its identity.
 * @throws Refused, DiskError where it stays where it is
 */
export async function arrive({ move, source, target }: MoveSite): Promise<Arrived> {
  const there = await source.folder.stat(source.name)
  if (there === undefined) throw new Refused(`${move.from} is gone`)
  if (there.kind === 'folder') throw new Refused(`${move.from} is a folder now`)
  const inTheWay = await target.folder.stat(target.name)
  if (inTheWay !== undefined) {
    if (inTheWay.identity !== there.identity || isOneEntry(source, target)) throw taken(move)
    return { by: 'both', identity: there.identity }
  }
  await mustBeAt(source.folder, source.folderPath)
  await mustBeAt(target.folder, target.folderPath)
  // A link itself has no second name everywhere: some systems give that to what it leads to.
  if (there.kind !== 'link' && (await isLinked(move, source, target)))
    return { by: 'both', identity: there.identity }
  if ((await target.folder.stat(target.name)) !== undefined) throw taken(move)
  await source.folder.renameInto(source.name, target.folder, target.name).catch(otherwise(move))
  return { by: 'one' }
}

/** False: here no file has two names. */
async function isLinked(move: Move, source: Held, target: Held): Promise<boolean> {
  try {
    await source.folder.linkInto(source.name, target.folder, target.name)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw taken(move)
    if (hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES')) return false
    return otherwise(move)(error)
  }
}

/**
 * Takes the old name away, once the new one is durable. What was renamed into its place meanwhile stays, and the new
 * name goes again.
 * @throws Refused, DiskError
 */
export async function leave({ move, source, target }: MoveSite, arrived: Arrived): Promise<void> {
  if (arrived.by === 'one') return
  const isThere = async ({ folder, name }: Held) => (await folder.stat(name))?.identity === arrived.identity
  if (!(await isThere(target))) throw new Refused(`${move.to} was replaced meanwhile`)
  if (await isThere(source)) return source.folder.remove(source.name)
  // Gone by itself: somebody else has moved it, too.
  if ((await source.folder.stat(source.name)) === undefined) return
  await target.folder.remove(target.name)
  throw new Refused(`${move.from} was replaced meanwhile`)
}

/** Where case does not count, two spellings of a name are one entry: taken away, the file would be gone. */
function isOneEntry(a: Held, b: Held): boolean {
  return a.identity === b.identity && caseless(a.name) === caseless(b.name)
}

const caseless = (name: string): string => name.normalize('NFC').toLowerCase()

function otherwise({ from, to }: Move): (error: unknown) => never {
  return (error) => {
    if (hasCode(error, 'EXDEV'))
      throw new Refused(`${to} is on another file system than ${from}, and its bytes are not in the log`)
    throw error
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof DiskError && codes.includes(error.code)
}

const taken = ({ from, to }: Move) => new Refused(`${to} is there, and so is ${from}`)
