import { parseArgs } from 'node:util'
import type { Intent } from '../journal/intent.ts'
import { Session } from '../journal/session.ts'
import type { Case } from '../recovery/cases.ts'
import { Recovery, type Result } from '../recovery/recovery.ts'
import type { Way } from '../recovery/ways.ts'
import { type ClosedFiles, closedFilesOf } from './closed-files.ts'
import { type Command, EXIT, orUsage, type Surroundings, UsageError } from './command.ts'
import { describeReport, describeWay, titleOf } from './report.ts'
import { plainText } from './text.ts'

const USAGE = `Usage: lsp-wal recover [--finish | --roll-back | --discard] [--dry-run] [ID]

Deals with the edits that a crash left half done in this workspace: what is torn is finished, what was
never seen by the editor is replayed; anything else is listed for you to decide.

    --finish      write the missing files of ID (of all, without one)
    --roll-back   put the originals back
    --discard     leave every file as it is, and hear no more of it
    --dry-run     show what would be written
`

type Decision = 'finish' | 'roll-back' | 'discard'

/** `lsp-wal recover`. */
export const recover: Command = async (around, args) => {
  const options = parse(args)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const { env, root, cwd, out, err } = around
  const start = { folders: [cwd], server: ['lsp-wal', 'recover'], editor: null }
  const tell = (problem: unknown) => err(`lsp-wal: ${(problem as Error).message}\n`)
  const session = new Session(env, root, start, tell)
  const recovery = await Recovery.start(env, root, session, start, tell)
  try {
    const cases = recovery
      .inOrder(options.decision === 'roll-back')
      .filter(({ intent }) =>
        options.id === undefined ? mayGoUnnamed(intent, options) : intent.id.startsWith(options.id),
      )
    if (cases.length === 0) {
      if (options.id !== undefined)
        throw new UsageError(`nothing pending here is called ${options.id}; see: lsp-wal status`)
      out('Nothing is waiting to be recovered here.\n')
      return EXIT.done
    }
    if (options.id !== undefined && cases.length > 1)
      throw new UsageError(
        `${options.id} may be any of ${cases.map(({ intent }) => intent.id.slice(0, 12)).join(', ')}`,
      )
    return await dealWith(around, recovery, cases, options)
  } finally {
    await recovery.end()
    await session.end()
  }
}

interface Options {
  readonly id: string | undefined
  readonly decision: Decision | undefined
  readonly dryRun: boolean
}

async function dealWith(
  around: Surroundings,
  recovery: Recovery,
  cases: readonly Case[],
  options: Options,
): Promise<number> {
  let status: number = EXIT.done
  for (const kase of cases) {
    const workspace = await closedFilesOf(around, kase.session)
    if (options.dryRun) {
      around.out(
        describeWay(around, kase.intent, await previewOf(recovery, kase, workspace, options.decision)),
      )
      continue
    }
    if (options.decision === 'discard') {
      await recovery.discard(kase)
      around.out(`Discarded: ${titleOf(kase.intent)}. Every file is as it was.\n`)
      continue
    }
    if (recovery.isSettled(kase)) continue
    const result = await carryOutCase(recovery, kase, workspace, options)
    around.out(describe(around, result))
    status = Math.max(status, statusOf(result))
  }
  return status
}

/** A recovery that was cut short goes on, whatever is decided about the others: taken back, it would be undone. */
function carryOutCase(
  recovery: Recovery,
  kase: Case,
  workspace: ClosedFiles,
  options: Options,
): Promise<Result> {
  const { decision, id } = options
  if (decision === 'finish' || decision === 'roll-back') {
    if (id !== undefined || kase.intent.about.of === undefined)
      return recovery.decide(kase, workspace, decision)
    return recovery.deal(kase, workspace, 'replay')
  }
  return recovery.deal(kase, workspace, 'auto')
}

function previewOf(
  recovery: Recovery,
  kase: Case,
  workspace: ClosedFiles,
  decision: Decision | undefined,
): Promise<Way> {
  return recovery.preview(kase, workspace, decision === 'roll-back' ? 'roll-back' : 'finish')
}

function describe(around: Surroundings, result: Result): string {
  if (result.kind === 'waiting') {
    const id = result.case.intent.id.slice(0, 8)
    return `Waiting for you: ${titleOf(result.case.intent)}: ${plainText(result.plan.reason)}.\n  lsp-wal recover --finish ${id}   or --roll-back, or --discard\n`
  }
  if (result.kind === 'buffered' || result.report === undefined)
    return `Settled: ${titleOf(result.case.intent)}: nothing was left to do.\n`
  return describeReport(around, result.report)
}

function statusOf(result: Result): number {
  if (result.kind === 'waiting') return EXIT.waiting
  if (result.kind !== 'done' || result.report === undefined) return EXIT.done
  const { left, withheld } = result.report
  return left.length + withheld.length > 0 ? EXIT.partly : EXIT.done
}

/** What another program wrote is acted on only when it is named. */
function mayGoUnnamed(intent: Intent, { decision }: Options): boolean {
  return !intent.foreign || decision === undefined
}

function parse(args: readonly string[]): Options | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const options = { finish: flag, 'roll-back': flag, discard: flag, 'dry-run': flag, help: flag }
  const { values, positionals } = orUsage(() =>
    parseArgs({ args: [...args], options, allowPositionals: true }),
  )
  if (values.help) return 'help'
  const decisions = (['finish', 'roll-back', 'discard'] as const).filter((name) => values[name])
  if (decisions.length > 1) throw new UsageError(`one of --${decisions.join(' and --')}, not both`)
  if (positionals.length > 1) throw new UsageError('one ID at a time')
  return { id: positionals[0], decision: decisions[0], dryRun: values['dry-run'] }
}
