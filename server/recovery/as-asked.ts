import type { FileBytes } from '../edits/file-bytes.ts'
import type { Report } from './carry-out.ts'
import type { Case } from './cases.ts'
import type { Recovery, Result } from './recovery.ts'
import { areStrings, isLeft, type Left, type Way } from './ways.ts'
import type { Workspace } from './workspace.ts'

/** What a user asks of a recovery. */
export interface Wish {
  /** Undefined: what may be done without a word of the user. */
  readonly decision: 'finish' | 'roll-back' | 'discard' | undefined
  /** The beginning of an intent's id; undefined: all that is pending. */
  readonly id: string | undefined
  readonly dryRun: boolean
}

/**
 * What became of one pending intent, or would. Plain JSON: sessions tell it over their sockets, and programs are given
 * it. Fields may be added; none of these changes its meaning.
 */
export interface Recovered {
  readonly id: string
  readonly label: string
  /** `settled`: nothing was left to do. `buffered`: nothing but to save it in the editor. */
  readonly what: 'finish' | 'roll-back' | 'discard' | 'settled' | 'buffered' | 'waiting' | 'would be'
  /** Why it waits for the user. */
  readonly reason?: string
  readonly files: readonly RecoveredFile[]
  readonly left: readonly Left[]
  /** What can be undone to take it back. */
  readonly back?: string
}

export interface RecoveredFile {
  readonly path: string
  readonly change: 'changed' | 'created' | 'removed'
  /** Into an editor's buffer it is to be saved yet; null: it would be written. */
  readonly where: 'disk' | 'buffer' | null
  /** The editor has said that it took it, and was not seen to have it. */
  readonly unseen?: true
}

/** Which of the pending intents are meant. */
export type Meant =
  | { readonly kind: 'cases'; readonly cases: readonly Case[] }
  | { readonly kind: 'none' | 'unknown' }
  | { readonly kind: 'ambiguous'; readonly ids: readonly string[] }

/** What a session that runs answers whoever asks it for that. */
export type Answer =
  | { readonly kind: 'done'; readonly recovered: readonly Recovered[] }
  | Exclude<Meant, { kind: 'cases' }>

/** @throws JournalError where what is meant may be among what could not be taken over */
export function meant(recovery: Recovery, { decision, id }: Wish): Meant {
  const all = recovery.inOrder(decision === 'roll-back')
  if (id === undefined) {
    // What another program wrote is acted on only when it is named.
    const cases = all.filter(({ intent }) => !intent.foreign || decision === undefined)
    if (cases.length > 0) return { kind: 'cases', cases }
    recovery.mustKnowAll()
    return { kind: 'none' }
  }
  const cases = all.filter(({ intent }) => intent.id.startsWith(id))
  if (cases.length > 1) return { kind: 'ambiguous', ids: cases.map(({ intent }) => intent.id) }
  if (cases.length > 0) return { kind: 'cases', cases }
  recovery.mustKnowAll()
  return { kind: 'unknown' }
}

/** Deals with cases as the user asks, one after the other; `result`: what was done, where something was. */
export async function* asAsked(
  recovery: Recovery,
  cases: readonly Case[],
  wish: Wish,
  workspaceOf: (kase: Case) => Promise<Workspace>,
): AsyncGenerator<{ readonly recovered: Recovered; readonly result?: Result }> {
  const { decision, dryRun } = wish
  for (const kase of cases) {
    const { id, about } = kase.intent
    const itself = { id, label: about.label, files: [], left: [] }
    if (dryRun) yield { recovered: { ...itself, ...(await wouldBe(recovery, kase, workspaceOf, decision)) } }
    else if (decision === 'discard') {
      await recovery.discard(kase, await workspaceOf(kase))
      yield { recovered: { ...itself, what: 'discard' } }
    } else if (!recovery.isSettled(kase)) {
      const result = await carryOutCase(recovery, kase, await workspaceOf(kase), wish)
      yield { recovered: { ...itself, ...described(recovery, result) }, result }
    }
  }
}

/** What would become of a case. */
async function wouldBe(
  recovery: Recovery,
  kase: Case,
  workspaceOf: (kase: Case) => Promise<Workspace>,
  decision: Wish['decision'],
): Promise<Pick<Recovered, 'what'> & Partial<Recovered>> {
  const what = 'would be'
  if (decision === 'discard') return { what }
  const workspace = await workspaceOf(kase)
  if (decision === undefined) {
    const plan = await recovery.planOf(kase, workspace, 'auto')
    if ('reason' in plan) return { what: 'waiting', reason: plan.reason }
    return 'changes' in plan ? { what, ...previewed({ ...plan, left: [] }) } : { what }
  }
  return { what, ...previewed(await recovery.preview(kase, workspace, decision)) }
}

function previewed({ changes, left, withheld = [] }: Way): Pick<Recovered, 'files' | 'left'> {
  const files = changes.map(({ path, before, after }) => fileOf(path, before, after === undefined, null))
  return { files, left: [...left, ...withheld] }
}

/** A recovery that was cut short goes on, whatever is decided about the others: taken back, it would be undone. */
function carryOutCase(
  recovery: Recovery,
  kase: Case,
  workspace: Workspace,
  { decision, id }: Wish,
): Promise<Result> {
  if (decision === 'finish' || decision === 'roll-back') {
    if (id !== undefined || kase.intent.about.of === undefined)
      return recovery.decide(kase, workspace, decision)
    return recovery.deal(kase, workspace, 'replay')
  }
  return recovery.deal(kase, workspace, 'auto')
}

function described(recovery: Recovery, result: Result): Pick<Recovered, 'what'> & Partial<Recovered> {
  if (result.kind === 'waiting') return { what: 'waiting', reason: result.plan.reason }
  if (result.kind === 'buffered') return { what: 'buffered' }
  return result.report === undefined ? { what: 'settled' } : reported(recovery, result.report)
}

function reported(
  recovery: Recovery,
  { purpose, of, own, written, buffered, unseen, left, withheld }: Report,
): Partial<Recovered> & Pick<Recovered, 'what'> {
  const [onDisk, inBuffers] = [new Set(written), new Set(buffered)]
  const files = (own?.images ?? []).flatMap(({ path, before, after }) => {
    const where = onDisk.has(path) ? 'disk' : inBuffers.has(path) ? 'buffer' : undefined
    if (where === undefined) return []
    const file = fileOf(path, before, after.kind === 'absent', where)
    return unseen.includes(path) ? [{ ...file, unseen: true as const }] : [file]
  })
  // Taken back alone, what was finished would tear the edit again: it is the whole of it that can be undone.
  const back = purpose === 'finish' ? recovery.rootOf(of) : own?.id
  return {
    what: purpose === 'finish' ? 'finish' : 'roll-back',
    files,
    left: [...left, ...withheld],
    ...(files.length > 0 && back !== undefined && { back }),
  }
}

function fileOf(
  path: string,
  before: FileBytes | undefined,
  isRemoved: boolean,
  where: RecoveredFile['where'],
): RecoveredFile {
  return { path, change: isRemoved ? 'removed' : before === undefined ? 'created' : 'changed', where }
}

/** What an order of the command line says of that; undefined: it is about something else. */
export function recoveryOrder(
  order: unknown,
): { readonly wish: Wish; readonly folders: readonly string[] } | undefined {
  const asked = (order ?? {}) as Readonly<Record<string, unknown>>
  const { decision, dryRun, folders, id, v } = asked
  if (v !== 1 || asked.do !== 'recover' || !areStrings(folders)) return undefined
  const isDecision = decision === 'finish' || decision === 'roll-back' || decision === 'discard'
  if ((decision !== undefined && !isDecision) || (id !== undefined && typeof id !== 'string'))
    return undefined
  return { wish: { decision, id, dryRun: dryRun === true }, folders: folders as string[] }
}

const WHATS: readonly unknown[] = [
  'finish',
  'roll-back',
  'discard',
  'settled',
  'buffered',
  'waiting',
  'would be',
] satisfies Recovered['what'][]

/** Whether what a session told is that: it may be of another version, or none of this program's. */
export function isAnswer(value: unknown): value is Answer {
  const { ids, kind, recovered } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (kind === 'done') return Array.isArray(recovered) && recovered.every(isRecovered)
  return kind === 'none' || kind === 'unknown' || (kind === 'ambiguous' && areStrings(ids))
}

function isRecovered(value: unknown): boolean {
  const { back, files, id, label, left, reason, what } = (value ?? {}) as Readonly<Record<string, unknown>>
  return (
    areStrings([id, label, reason ?? '', back ?? '']) &&
    WHATS.includes(what) &&
    Array.isArray(files) &&
    files.every(isFile) &&
    Array.isArray(left) &&
    left.every(isLeft)
  )
}

function isFile(value: unknown): boolean {
  const { path, change, where } = (value ?? {}) as Partial<Record<keyof RecoveredFile, unknown>>
  const isChange = change === 'changed' || change === 'created' || change === 'removed'
  return typeof path === 'string' && isChange && (where === 'disk' || where === 'buffer' || where === null)
}
