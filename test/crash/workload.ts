import { bytesOf } from '../../server/edits/file-bytes.ts'
import { isBare } from '../../server/edits/images.ts'
import type { Intent } from '../../server/journal/intent.ts'
import type { Event } from '../../server/journal/outcomes.ts'
import { Machine } from '../disk/machine.ts'
import { Platter } from '../disk/platter.ts'
import { hasher } from '../journal/logs.ts'

/** What an editor is sent, one edit after the other, and what it does about each. */
export interface Workload {
  readonly name: string
  readonly before: Readonly<Record<string, string | Uint8Array>>
  /** Of files that are no plain ones. */
  readonly links?: Readonly<Record<string, { readonly kind: 'hard' | 'symbolic'; readonly to: string }>>
  readonly modes?: Readonly<Record<string, number>>
  readonly steps: readonly Step[]
  /** The session ends in order, after the last of them. */
  readonly ends?: boolean
  /** Written in place: after a crash in the middle they hold a mixture, until the next start has finished it. */
  readonly inPlace?: readonly string[]
  /** Kept out of the log: nothing of their bytes is in the journal, and this program never writes to them. */
  readonly withheld?: readonly string[]
  /** Nothing can tell what a file carries beside its bytes: none is replaced by a rename. */
  readonly isBlind?: boolean
  /** Names that differ in case alone are one name. */
  readonly isCaseless?: boolean
}

export interface Step {
  readonly intent: Intent
  /** Which of its paths the editor saves, in that order. */
  readonly saves: readonly string[]
  /** What the session notes about it after that. */
  readonly noted?: readonly Event[]
}

/** By path from the workspace folder, as `Platter.tree` has it. */
export type Tree = Readonly<Record<string, string>>

export const WORKSPACE = '/w'

/** A machine with the files as they are before anything is recorded. */
export function machineOf({
  before,
  links = {},
  modes = {},
  isBlind = false,
  isCaseless,
}: Workload): Machine {
  const machine = new Machine(hasher, new Platter({ isCaseless }))
  if (isBlind) machine.platter.attributes = () => undefined
  machine.platter.putFolder(WORKSPACE)
  for (const [path, content] of Object.entries(before)) machine.platter.put(path, content, modes[path])
  for (const [path, { kind, to }] of Object.entries(links)) {
    if (kind === 'hard') machine.platter.putHardLink(path, to)
    else machine.platter.putLink(path, to)
  }
  return machine
}

/** The trees in which the first edits are carried out and the others are not: of none, of one, ... of all. */
export function treesOf(workload: Workload): readonly Tree[] {
  const { platter } = machineOf(workload)
  const trees: Tree[] = [platter.tree(WORKSPACE)]
  for (const { intent } of workload.steps) {
    const { made, removed } = intent.folders
    const respelt = (folder: string) =>
      workload.isCaseless ? made.find((each) => each.toLowerCase() === folder.toLowerCase()) : undefined
    for (const folder of removed) {
      const to = respelt(folder)
      if (to !== undefined) platter.rename(folder, to)
    }
    for (const folder of made) platter.putFolder(folder)
    for (const image of intent.images) {
      const { path, after, source } = image
      if (isBare(image)) {
        if (source === undefined) continue
        platter.put(path, platter.bytesAt(source))
        platter.takeAway(source)
      } else if (after.kind === 'file') platter.put(path, bytesOf(after.bytes))
      else platter.takeAway(path)
    }
    for (const folder of removed) if (respelt(folder) === undefined) platter.takeAway(folder)
    trees.push(platter.tree(WORKSPACE))
  }
  return trees
}
