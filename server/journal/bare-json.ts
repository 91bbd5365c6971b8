import { isAbsolute, resolve, sep } from 'node:path'
import type { Unkept } from '../edits/file-bytes.ts'
import type { PathFacts } from './intent.ts'
import { Unreadable } from './json-values.ts'
import { asJson } from './meta-json.ts'

/**
 * A bare move as it is written: the two folders, and the name by which the file stands in the one and in the other. So
 * the files of a folder that is moved share what is the same of their paths.
 */
export function bareKey(from: string, to: string): [from: string, to: string, name: string] {
  const [a, b] = [from.split(sep), to.split(sep)]
  let same = 0
  while (same < Math.min(a.length, b.length) - 2 && a.at(-1 - same) === b.at(-1 - same)) same++
  const nameOf = (names: readonly string[]) => names.slice(names.length - same).join(sep)
  const folderOf = (names: readonly string[]) => names.slice(0, names.length - same).join(sep)
  return [folderOf(a), folderOf(b), nameOf(a)]
}

/** One end of a bare move. @throws Unreadable where it is none that this program writes */
export function bareEnd(folder: string, name: string): string {
  const path = name === '' ? folder : folder + sep + name
  if (!isAbsolute(folder) || resolve(folder) !== folder || resolve(path) !== path)
    throw new Unreadable(`a moved file is called ${name} in ${folder}`)
  return path
}

/** What is said of a file that is only moved: what it was when that was recorded. */
export function bareNote({ length }: Unkept, facts: PathFacts | undefined): string {
  const { size = length, mtimeNs, mode, was } = facts ?? {}
  return asJson({ size, mtime: mtimeNs?.toString(), mode, was })
}
