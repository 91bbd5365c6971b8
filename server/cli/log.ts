import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { changesOf } from '../history/changes.ts'
import type { Entry } from '../history/history.ts'
import { readNewest } from '../history/newest.ts'
import { isWaiting, States } from '../history/state.ts'
import { plural } from '../history/words.ts'
import { touchedPaths } from '../journal/intent.ts'
import { type Command, EXIT, orUsage, type Surroundings, UsageError } from './command.ts'
import { entryJson, JSON_SHAPE } from './entry-json.ts'
import { NOTHING_RECORDED } from './ids.ts'
import { itemOf, itemTexts } from './listing.ts'
import { Spellings } from './named-files.ts'
import { jsonText, plainText, sentence } from './text.ts'

const USUAL_COUNT = 20

const USAGE = `Usage: lsp-wal log [-n N] [-p | --stat] [--file PATH] [--all] [--json]

The workspace edits that were recorded in this workspace, the newest first, and what became of each:
@ is the newest one, × waits to be recovered.

    -n N          at most N of them (default: ${USUAL_COUNT}; all with --json); 0: all
    -p            with what each changed, as a patch
    --stat        with how much each changed in which file
    --file PATH   only those that touched this file, or a file beneath this folder
    --all         those of every workspace
    --json        for programs: an array, the newest first, of objects with

${JSON_SHAPE}`

/**
 * `lsp-wal log`: what was recorded, the newest first.
 * `--json`: an array of {@link entryJson}.
 */
export const log: Command = async (around, args) => {
  const options = parse(args, around.cwd)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const { env, root, cwd } = around
  const { file } = options
  const count = options.count ?? (options.style === 'json' ? Number.POSITIVE_INFINITY : USUAL_COUNT)
  const folders = options.all ? undefined : cwd
  // One more than is listed tells that there is more. Which names a file has gone by is told by the whole.
  const enough = file === undefined ? count + 1 : Number.POSITIVE_INFINITY
  const history = await readNewest(env, root, folders, enough)
  const states = new States(env, history)
  const damaged = new Set((await states.damageIn(history)).map((each) => each.log))
  if (damaged.size > 0) around.err(`lsp-wal: ${plural(damaged.size, 'log')} damaged: see lsp-wal status\n`)
  const files = file && new Set(await new Spellings(env.disk, history.entries).beneath(file))
  const matching = history.entries.filter((entry) => !files || touches(entry, files)).reverse()
  const chosen = matching.slice(0, count)
  if (options.style === 'json') {
    around.out(jsonText(await eachOf(chosen, async (entry) => entryJson(entry, await states.of(entry)))))
    return EXIT.done
  }
  if (matching.length === 0) {
    around.out(
      sentence(
        file === undefined || history.entries.length === 0
          ? NOTHING_RECORDED
          : 'nothing recorded here touched that file',
      ),
    )
    return EXIT.done
  }
  // `@` is what it is for every other command: the newest of this workspace.
  const newest = options.all ? undefined : history.entries.at(-1)
  const items = await eachOf(chosen, async (entry) => {
    const state = await states.of(entry)
    const place =
      options.all && isWaiting(state) ? [`in ${entry.session.info.folders.map(plainText).join(', ')}`] : []
    return itemOf(around, entry, state, { newest: entry === newest, known: history.entries }, place)
  })
  const texts = itemTexts(around, items)
  for (const [i, entry] of chosen.entries())
    around.out(
      options.style === 'list' ? texts[i]! : `${texts[i]}${await detailOf(around, entry, options.style)}\n`,
    )
  const older = matching.length - chosen.length
  if (older > 0)
    around.out(`${history.isWhole ? `${older} older` : 'There are older ones'}: lsp-wal log -n 0 lists all\n`)
  return EXIT.done
}

interface Options {
  /** Undefined: as many as usual. */
  readonly count: number | undefined
  readonly style: 'list' | 'patch' | 'stat' | 'json'
  /** Absolute. */
  readonly file: string | undefined
  readonly all: boolean
}

/** Loaded when it is asked for: a list is there sooner. */
async function detailOf(around: Surroundings, entry: Entry, style: 'patch' | 'stat'): Promise<string> {
  const files = changesOf(entry.recorded.intent)
  if (style === 'patch') return (await import('./patch.ts')).patchText(around, files)
  return (await import('./stat.ts')).statText(around, files)
}

function touches({ recorded }: Entry, files: ReadonlySet<string>): boolean {
  return touchedPaths(recorded.intent).some((path) => files.has(path))
}

/** One after the other: each may read files, and a history is long. */
async function eachOf<T>(entries: readonly Entry[], make: (entry: Entry) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  for (const entry of entries) made.push(await make(entry))
  return made
}

function parse(args: readonly string[], cwd: string): Options | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const options = {
    number: { type: 'string', short: 'n' },
    patch: { type: 'boolean', short: 'p', default: false },
    stat: flag,
    file: { type: 'string' },
    all: flag,
    json: flag,
    help: flag,
  } as const
  const { values } = orUsage(() => parseArgs({ args: [...args], options, allowPositionals: false }), options)
  if (values.help) return 'help'
  const styles = (['patch', 'stat', 'json'] as const).filter((style) => values[style])
  if (styles.length > 1) throw new UsageError('only one of -p, --stat and --json')
  return {
    count: values.number === undefined ? undefined : countOf(values.number),
    style: styles[0] ?? 'list',
    file: values.file === undefined ? undefined : resolve(cwd, values.file),
    all: values.all,
  }
}

function countOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`-n takes a number: not ${plainText(text)}`)
  return Number(text) || Number.POSITIVE_INFINITY
}
