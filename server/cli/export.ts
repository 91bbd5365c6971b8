import { dirname, join, relative, sep } from 'node:path'
import { parseArgs } from 'node:util'
import type { Disk } from '../disk/disk.ts'
import { changesOf, type FileChange } from '../history/changes.ts'
import { plural } from '../history/words.ts'
import { JournalError } from '../journal/env.ts'
import { isWithin, realpathAsFar } from '../journal/root.ts'
import { type Command, EXIT, orUsage, UsageError } from './command.ts'
import { findEntry } from './find-entry.ts'
import { gitPatch } from './git-patch.ts'
import { plainLine, plainText, shownPath } from './text.ts'

const USAGE = `Usage: lsp-wal export [ID]

One recorded workspace edit as a patch, for \`git apply\` and other programs: renames, modes, new and deleted
files, binary ones too; \`git apply -R\` takes it back. ID is any unique beginning of its id; @ (the default)
is the newest in this workspace, @- the one before.

    lsp-wal export 7c1f > rename.patch

Names are relative to the top of the git work tree, where there is one, else to the working directory. A
file that lies outside of it, or whose bytes are not in the log, is left out and named (exit status ${EXIT.partly}).
`

/** `lsp-wal export`: a patch that git applies, byte for byte. */
export const exportPatch: Command = async (around, args) => {
  const options = parse(args)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const { entry } = await findEntry(around, options.id)
  const files = changesOf(entry.recorded.intent)
  const top = await topOf(around.env.disk, around.cwd)
  const names = await namesOf(around.env.disk, top, files)
  const left = files.flatMap((file) => {
    const reason = whyNot(file, top, names)
    return reason === undefined ? [] : [{ file, reason }]
  })
  const isLeft = new Set(left.map(({ file }) => file))
  const taken = files.filter((file) => !isLeft.has(file))
  if (taken.length === 0 && left.some(({ reason }) => reason === outside(top)))
    throw new JournalError(
      `none of its files lies in ${plainText(top)}; run this in ${entry.session.info.folders.map(plainText).join(', ')}`,
    )
  const patches = taken.map((file, i) => {
    around.progress(`comparing: ${i} of ${plural(taken.length, 'file')}`)
    return gitPatch(file, (path) => names.get(path)!)
  })
  const patch = patches.join('')
  // On a terminal no line can move the cursor; it is there to be read then.
  const onTerminal = around.colour || around.width !== undefined
  around.out(onTerminal ? patch.split('\n').map(plainLine).join('\n') : patch)
  for (const { file, reason } of left)
    around.err(`lsp-wal: left out: ${shownPath(around, file.path)}: ${plainText(reason)}\n`)
  return left.length > 0 ? EXIT.partly : EXIT.done
}

function whyNot(file: FileChange, top: string, names: ReadonlyMap<string, string>): string | undefined {
  if (file.withheld) return 'its bytes were kept out of the log'
  if (file.after.kind === 'unknown') return `what the edits make of it is not known: ${file.after.reason}`
  if (!file.paths.every((path) => names.has(path))) return outside(top)
  return file.bare && file.kind !== 'moved' ? 'one end of its move is not in the log' : undefined
}

const outside = (top: string): string => `it is outside of ${top}`

/** The top of the git work tree that holds `cwd`: git takes the names in a patch from there. */
async function topOf(disk: Disk, cwd: string): Promise<string> {
  const real = await realpathAsFar(disk, cwd)
  for (let at = real; ; at = dirname(at)) {
    if ((await disk.lstat(join(at, '.git'))) !== undefined) return at
    if (at === dirname(at)) return real
  }
}

/** Each path by its name in the patch; without those outside of `top`. Links are resolved: git patches none. */
async function namesOf(
  disk: Disk,
  top: string,
  files: readonly FileChange[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const path of files.flatMap(({ paths }) => paths)) {
    const real = await realpathAsFar(disk, path)
    if (real !== top && isWithin(top, real)) names.set(path, relative(top, real).split(sep).join('/'))
  }
  return names
}

function parse(args: readonly string[]): { readonly id: string | undefined } | 'help' {
  const options = { help: { type: 'boolean', default: false } } as const
  const { values, positionals } = orUsage(
    () => parseArgs({ args: [...args], options, allowPositionals: true }),
    options,
  )
  if (values.help) return 'help'
  if (positionals.length > 1) throw new UsageError('one ID at a time')
  return { id: positionals[0] }
}
