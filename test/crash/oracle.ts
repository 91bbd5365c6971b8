import { basename } from 'node:path'
import { EDITORS_OWN } from './editor.ts'
import { readJournal } from './log-reader.ts'
import { idAgain, ROOT, type Run } from './run.ts'
import { type Tree, treesOf, WORKSPACE, type Workload } from './workload.ts'

/** What begins the name of a temporary file of this program's. */
const TEMPORARY = '.lsp-wal-'

/** Of each path of a workload, everything that it may hold; '' stands for nothing, since no tree says so. */
const allowed = new WeakMap<
  Workload,
  { readonly trees: readonly Tree[]; readonly byPath: Map<string, Set<string>> }
>()

function allowedIn(workload: Workload) {
  let found = allowed.get(workload)
  if (found === undefined) {
    const trees = treesOf(workload)
    const byPath = new Map<string, Set<string>>()
    for (const tree of trees)
      for (const [path, text] of Object.entries(tree))
        byPath.set(nameIn(workload, path), (byPath.get(nameIn(workload, path)) ?? new Set()).add(text))
    found = { trees, byPath }
    allowed.set(workload, found)
  }
  return found
}

/** One for all spellings that are one file. */
const nameIn = ({ isCaseless }: Workload, path: string): string => (isCaseless ? path.toLowerCase() : path)

/**
 * What is wrong with the disk as a crash has left it. Every path holds an original or an after-image, and what was
 * acknowledged can be read, by a reader that shares nothing with the program.
 */
export function faultsAfterCrash(run: Run, theirs: Tree = {}): string[] {
  const faults: string[] = []
  const { byPath } = allowedIn(run.workload)
  const inPlace = (run.workload.inPlace ?? []).map(inWorkspace)
  const tree = run.machine.platter.tree(WORKSPACE)
  for (const [path, text] of Object.entries(tree)) {
    if (text === '/' || inPlace.includes(path) || path.endsWith(EDITORS_OWN)) continue
    if (basename(path).startsWith(TEMPORARY) || theirs[path] === text) continue
    if (!byPath.get(nameIn(run.workload, path))?.has(text))
      faults.push(`${path} holds ${JSON.stringify(text.slice(0, 200))}`)
  }
  for (const path of Object.keys(theirs))
    if (tree[path] !== theirs[path]) faults.push(`what was theirs in ${path} is lost`)
  // Nothing that is in each of the trees may ever be gone.
  const { trees } = allowedIn(run.workload)
  for (const path of Object.keys(trees[0]!))
    if (tree[path] === undefined && trees.every((each) => each[path] !== undefined))
      faults.push(`${path} is gone`)
  return [...faults, ...run.trespasses, ...faultsOfLogs(run), ...tellsWithheld(run)]
}

/** Where the journal holds what was to be kept out of it, as it is or as logs write it. */
function tellsWithheld({ workload, machine }: Run): string[] {
  const { byPath } = allowedIn(workload)
  const texts = (workload.withheld ?? []).flatMap((path) => [...(byPath.get(inWorkspace(path)) ?? [])])
  const marks = texts.flatMap((text) => [text, Buffer.from(text, 'latin1').toString('base64').slice(0, -4)])
  if (marks.length === 0 || machine.platter.tryFind(ROOT.path, 'no follow') === undefined) return []
  return Object.entries(machine.platter.tree(ROOT.path)).flatMap(([name, held]) =>
    marks.some((mark) => held.includes(mark)) ? [`${name} holds what was to be kept out of it`] : [],
  )
}

const inWorkspace = (path: string): string => path.slice(WORKSPACE.length + 1)

function faultsOfLogs(run: Run): string[] {
  const faults: string[] = []
  const ids = new Set<string>()
  for (const [path, log] of readJournal(run.machine.platter, ROOT.path)) {
    for (const fault of log.faults) faults.push(`${path}: ${fault}`)
    for (const id of log.ids) ids.add(id)
  }
  for (const id of run.acknowledged)
    if (!ids.has(id)) faults.push(`${id} was acknowledged, and is not in the log`)
  return faults
}

/** How many of the workload's edits are in place, exactly and with nothing besides; undefined: not so. */
export function placeOf(run: Run): number | undefined {
  const tree = withoutLitter(run, run.machine.platter.tree(WORKSPACE))
  const at = allowedIn(run.workload).trees.findLastIndex((each) => isEqual(withoutLitter(run, each), tree))
  return at < 0 ? undefined : at
}

/** What is wrong where every program has ended in order, none found anything left to do, and the user nothing to decide. */
export function faultsAtRest(run: Run): string[] {
  const faults = faultsAfterCrash(run)
  const { workload, machine } = run
  const tree = machine.platter.tree(WORKSPACE)
  const place = placeOf(run)
  const logged = [...readJournal(machine.platter, ROOT.path).values()].flatMap(({ ids }) => ids)
  const recorded = workload.steps.filter(
    ({ intent: { id } }) => logged.includes(id) || logged.includes(idAgain(id)),
  ).length
  if (place === undefined)
    faults.push(`the files are those of no edit as a whole: ${JSON.stringify(tree).slice(0, 500)}`)
  else if (place > recorded) faults.push(`${place} edits are in place, and ${recorded} are in the log`)
  else if (place < recorded && !run.wentBack) faults.push(`of ${recorded} edits ${place} are in place`)
  for (const each of run.waiting) faults.push(`nobody else wrote anything, and the user is asked: ${each}`)
  for (const [path, mode] of Object.entries(workload.modes ?? {}))
    if (machine.platter.find(path).mode !== mode) faults.push(`the mode of ${path} is another one`)
  return faults
}

/**
 * Without what is kept out of the log, and is as its editor left it. Without an editor's own files, and without the empty folders of an editor that died: before it removed them, or,
 * with the power lost, after it had made them and before anything durable was in them. Of a folder that cannot be
 * removed the user is told.
 */
function withoutLitter({ workload, hasLostPower, hasFailed }: Run, tree: Tree): Tree {
  const folders = workload.steps.flatMap(({ intent: { folders } }) =>
    hasLostPower || hasFailed ? [...folders.removed, ...folders.made] : folders.removed,
  )
  const withheld = (workload.withheld ?? []).map(inWorkspace)
  return Object.fromEntries(
    Object.entries(tree).filter(
      ([path, text]) =>
        !withheld.includes(path) &&
        !path.endsWith(EDITORS_OWN) &&
        !(text === '/' && folders.includes(`${WORKSPACE}/${path}`)),
    ),
  )
}

function isEqual(a: Tree, b: Tree): boolean {
  return (
    Object.keys(a).length === Object.keys(b).length &&
    Object.entries(a).every(([path, text]) => b[path] === text)
  )
}
