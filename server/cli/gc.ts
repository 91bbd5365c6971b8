import { parseArgs } from 'node:util'
import { plural } from '../history/words.ts'
import { type Collected, collect } from '../journal/collect.ts'
import { type Due, planRetention, type Retention, type Spared } from '../journal/retention.ts'
import { padTo } from './columns.ts'
import { type Command, EXIT, orUsage, type Surroundings } from './command.ts'
import { limitsOf } from './limits.ts'
import { sizeText } from './measures.ts'
import { counting } from './progress.ts'
import { jsonText, plainText, shownPath } from './text.ts'
import { when } from './when.ts'

const USAGE = `Usage: lsp-wal gc [--keep TIME] [--max-size SIZE] [--dry-run] [--json]

Removes old sessions from the history, the oldest first; what is pending is never touched. The same is
done now and then by every wrapped server that has recorded something.

    --keep TIME       sessions last written longer ago than this go: 12h, 14d, 2w, 0 or none
                      (default: $LSP_WAL_KEEP, else 14d)
    --max-size SIZE   beyond this size of all together the oldest go: 512M, 1G, 0 or none
                      (default: $LSP_WAL_MAX_SIZE, else 512M)
    --dry-run         show what would be removed
    --json            for programs: {dryRun, removed: [{session, bytes, last (ISO 8601), because (age, size)}],
                      swept: [paths of leftovers of crashes], kept: {sessions, bytes},
                      spared, failed: [{path, reason}]}

Exit status: ${EXIT.partly} where something could not be removed, else ${EXIT.done}.
`

/** `lsp-wal gc`: removes what of the history is beyond its limits. */
export const gc: Command = async (around, args) => {
  const options = parse(args)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const { env, root } = around
  const limits = limitsOf(options, around.variables)
  const retention = await planRetention(env, root, limits, counting(around, 'looking at sessions'))
  const { due, leftovers } = retention
  const collected: Collected = options['dry-run']
    ? { removed: due, swept: leftovers, failed: [] }
    : await collect(env, root, retention, counting(around, 'removing'))
  if (options.json) around.out(jsonText(jsonOf(retention, collected, options['dry-run'])))
  else around.out(textOf(around, retention, collected, options['dry-run']))
  return collected.failed.length > 0 ? EXIT.partly : EXIT.done
}

function jsonOf({ kept, spared }: Retention, { removed, swept, failed }: Collected, dryRun: boolean): object {
  return {
    dryRun,
    removed: removed.map(({ session, bytes, lastMs, because }) => ({
      session,
      bytes,
      last: new Date(lastMs).toISOString(),
      because,
    })),
    swept,
    kept,
    spared,
    failed,
  }
}

function textOf(
  around: Surroundings,
  { kept, spared }: Retention,
  { removed, swept, failed }: Collected,
  dryRun: boolean,
): string {
  const lines: string[] = []
  const bytes = sizeText(removed.reduce((total, each) => total + each.bytes, 0))
  const verb = dryRun ? 'Would remove' : 'Removed'
  if (removed.length > 0) lines.push(`${verb} ${plural(removed.length, 'session')}, ${bytes}:`)
  lines.push(...removedLines(around, removed))
  if (swept.length > 0) lines.push(`${verb} ${plural(swept.length, 'leftover')} of crashes.`)
  if (lines.length === 0) lines.push('Nothing is to be removed.')
  lines.push(`Kept: ${plural(kept.sessions, 'session')}, ${sizeText(kept.bytes)}.`)
  const left = (word: string) => (each: Spared) =>
    `  ${word}  ${shownPath(around, each.path)}: ${plainText(each.reason)}`
  lines.push(...spared.map(left('left alone')), ...failed.map(left('not removed')))
  return `${lines.join('\n')}\n`
}

const WHY: Readonly<Record<Due['because'], string>> = { age: 'old', size: 'too much in all' }

function removedLines({ env }: Surroundings, removed: readonly Due[]): string[] {
  const now = env.host.now()
  const rows = removed.map(({ session, bytes, lastMs, because }) => [
    plainText(session),
    when(new Date(lastMs).toISOString(), now),
    sizeText(bytes),
    WHY[because],
  ])
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)) + 2)
  return rows.map((row) => `  ${row.map((cell, i) => padTo(cell, widths[i] ?? 0)).join('')}`)
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const
  const string = { type: 'string' } as const
  const options = { keep: string, 'max-size': string, 'dry-run': flag, json: flag, help: flag } as const
  const { values } = orUsage(() => parseArgs({ args: [...args], options, allowPositionals: false }), options)
  return values.help ? 'help' : values
}
