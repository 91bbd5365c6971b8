import { parseArgs } from 'node:util'
import { changesOf, type FileChange } from '../history/changes.ts'
import type { Intent } from '../journal/intent.ts'
import { type Command, EXIT, orUsage, type Surroundings, UsageError } from './command.ts'
import { FILE_SHAPE, fileJson } from './entry-json.ts'
import { findEntry } from './find-entry.ts'
import { quoted } from './patch-format.ts'
import { placesOf } from './places.ts'
import { jsonText, pathFrom, plainLine, plainText } from './text.ts'

const USAGE = `Usage: lsp-wal files [--vimgrep | -0 | --json] [ID]

The files that one recorded workspace edit left behind, one a line: changed, created, moved. Those that it
deleted are not there to be opened: see lsp-wal show --name-only. ID is any unique beginning of its id; @
(the default) is the newest in this workspace, @- the one before.

    --vimgrep    each place that it changed, as FILE:LINE:COLUMN:TEXT, for a quickfix list; columns are bytes
                 from 1, as in Vim and ripgrep
    -0, --null   names end in a NUL, and none is quoted: for xargs -0
    --json       for programs: an array, the deleted ones too, of objects with
        ${FILE_SHAPE}

A name with control characters, quotes or backslashes in it is quoted as git does it, but for -0 and --vimgrep.

    vim -q <(lsp-wal files --vimgrep)
    lsp-wal files -0 | xargs -0 prettier --write
`

/** `lsp-wal files`. `--json`: an array of {@link FileJson}. */
export const files: Command = async (around, args) => {
  const options = parse(args)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const { entry } = await findEntry(around, options.id)
  const { intent } = entry.recorded
  const all = changesOf(intent)
  const left = all.filter(({ kind }) => kind !== 'deleted')
  switch (options.style) {
    case 'json':
      around.out(jsonText(all.map((file) => fileJson(file))))
      break
    case 'vimgrep':
      for (const file of left) around.out(vimgrepText(around, intent, file))
      break
    case 'null':
      around.out(left.map(({ path }) => `${pathFrom(around.cwd, path)}\0`).join(''))
      break
    case 'list':
      around.out(left.map(({ path }) => `${quoted('', pathFrom(around.cwd, path))}\n`).join(''))
  }
  return EXIT.done
}

function vimgrepText({ cwd }: Surroundings, intent: Intent, file: FileChange): string {
  return placesOf(intent, file)
    .map(
      ({ path, line, column, text }) =>
        `${plainText(pathFrom(cwd, path))}:${line}:${column}:${plainLine(text)}\n`,
    )
    .join('')
}

interface Options {
  readonly id: string | undefined
  readonly style: 'list' | 'vimgrep' | 'null' | 'json'
}

function parse(args: readonly string[]): Options | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const options = {
    vimgrep: flag,
    null: { type: 'boolean', short: '0', default: false },
    json: flag,
    help: flag,
  } as const
  const { values, positionals } = orUsage(
    () => parseArgs({ args: [...args], options, allowPositionals: true }),
    options,
  )
  if (values.help) return 'help'
  const styles = (['vimgrep', 'null', 'json'] as const).filter((style) => values[style])
  if (styles.length > 1) throw new UsageError('only one of --vimgrep, -0 and --json')
  if (positionals.length > 1) throw new UsageError('one ID at a time')
  return { id: positionals[0], style: styles[0] ?? 'list' }
}
