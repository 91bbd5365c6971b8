import { type Command, EXIT } from '../../server/cli/command.ts'
import { redo } from '../../server/cli/redo.ts'
import { undo } from '../../server/cli/undo.ts'
import type { Disk } from '../../server/disk/disk.ts'
import { DiskError } from '../../server/disk/disk.ts'
import { type Env, JournalError } from '../../server/journal/env.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { withhold } from '../../server/journal/withhold.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { makeDurable } from '../../server/recovery/make-durable.ts'
import type { RecoverMode } from '../../server/recovery/plan.ts'
import { Recovery } from '../../server/recovery/recovery.ts'
import type { Machine, Program } from '../disk/machine.ts'
import { Died, type FaultPlan } from '../disk/memory-disk.ts'
import { hasher } from '../journal/logs.ts'
import { saveAs } from './editor.ts'
import { recordable } from './recordable.ts'
import type { Dice } from './seed.ts'
import { machineOf, WORKSPACE, type Workload } from './workload.ts'

export const ROOT = rootAt('/j/lsp-wal')
const START = { folders: [WORKSPACE], server: ['server'], editor: null }

/** How everything ends at once; how many of the changes that were not synced are there afterwards. */
const ENDS = {
  /** The program died, the machine did not. */
  killed: undefined,
  'without power': 0,
  'half of it written': 0.5,
  'nearly all of it written': 0.9,
} as const
export type End = keyof typeof ENDS
export const END_NAMES = Object.keys(ENDS) as End[]

/** What a program did until it ended or died. `refused`: it met an error that it told, and ended in order. */
export type Went = 'done' | 'died' | 'refused'

const NO_FAULT: FaultPlan = () => undefined

/** One machine through a workload and what comes after it, one program after the other. */
export class Run {
  readonly workload: Workload
  readonly machine: Machine
  /** Of the edits that were recorded: they may be forwarded. */
  readonly acknowledged: string[] = []
  /** Of the edits that could not be: they are not forwarded. */
  readonly refused: string[] = []
  /** Something was asked to be taken back. */
  wentBack = false
  hasLostPower = false
  /** A program has met an error, and told. */
  hasFailed = false
  /** How many cases the last recovery met, and what of them it left to the user to decide. */
  cases = 0
  readonly waiting: string[] = []
  /** What no program may do, whatever it ends in. */
  readonly trespasses: string[] = []
  readonly #broken: (disk: Disk) => Disk
  #program: Program

  /** `broken`: what is wrong with the disk that the programs are given, beside what a fault plan does. */
  constructor(
    workload: Workload,
    broken: (disk: Disk) => Disk = (disk) => disk,
    machine = machineOf(workload),
  ) {
    this.workload = workload
    this.machine = machine
    this.#broken = broken
    this.#program = machine.run()
  }

  /** From here on two: what has gone before a fault need not be gone through again for the next one. */
  fork(): Run {
    this.machine.kill(this.#program)
    const fork = new Run(this.workload, this.#broken, this.machine.copy())
    const { wentBack, hasLostPower, hasFailed, cases } = this
    for (const list of ['acknowledged', 'refused', 'waiting', 'trespasses'] as const)
      fork[list].push(...this[list])
    return Object.assign(fork, { wentBack, hasLostPower, hasFailed, cases })
  }

  /** How many operations the program that ran last has asked for. */
  get operations(): number {
    return this.#program.disk.log.length
  }

  /**
   * The edits recorded by a session, and saved by its editor. What cannot be recorded never reaches the editor; the
   * server makes it again, and with the disk well again that must do.
   */
  record(plan = NO_FAULT): Promise<Went> {
    return this.#as(plan, async (env) => {
      const session = new Session(env, ROOT, START, () => {})
      let went: Went = 'done'
      for (const { intent, saves, noted = [] } of this.workload.steps) {
        let { id } = intent
        try {
          await session.append(this.#asRecorded(intent))
        } catch (error) {
          if (!isOfTheWorld(error)) throw error
          this.refused.push(id)
          went = 'refused'
          this.#program.disk.plan = NO_FAULT
          id = idAgain(id)
          await session.append({ ...this.#asRecorded(intent), id })
        }
        this.acknowledged.push(id)
        for (const path of saves) await saveAs(env.disk, intent, path)
        const isLast = intent === this.workload.steps.at(-1)!.intent
        // As the session does before it notes that an edit has landed, and as every file system does by itself in
        // the seconds that lie between a save and the next edit.
        const sources = intent.images.flatMap(({ path, source }) =>
          source !== undefined && saves.includes(path) ? [source] : [],
        )
        if (!isLast || noted.includes('landed'))
          await makeDurable(env.disk, [...saves, ...sources], [WORKSPACE])
        const at = new Date(this.machine.clock).toISOString()
        for (const event of noted) session.note({ id, at, event })
        if (noted.length > 0) await session.flush()
      }
      if (this.workload.ends === true) await session.end()
      return went
    })
  }

  /** One start, with what it recovers; `decision`: what the user says when asked. */
  recover(mode: RecoverMode = 'auto', plan = NO_FAULT, decision?: 'finish' | 'roll-back'): Promise<Went> {
    this.wentBack ||= mode === 'rollback' || decision === 'roll-back'
    this.cases = 0
    this.waiting.length = 0
    return this.#carryOut(plan, async (env) => {
      const session = new Session(env, ROOT, START, () => {})
      const workspace = new DiskWorkspace(env.disk, [WORKSPACE])
      const recovery = await Recovery.start(env, ROOT, session, START, () => {})
      this.cases = recovery.cases.length
      for (const kase of recovery.inOrder(mode === 'rollback')) {
        const result = await recovery.deal(kase, workspace, mode)
        if (result.kind === 'done') this.hasFailed ||= (result.report?.left.length ?? 0) > 0
        if (result.kind !== 'waiting') continue
        if (decision !== undefined) await recovery.decide(kase, workspace, decision)
        else this.waiting.push(`${kase.intent.id}: ${result.plan.reason}`)
      }
      await recovery.end()
      await session.end()
      return 'done'
    })
  }

  /** `lsp-wal undo`. */
  undo(plan = NO_FAULT, args: readonly string[] = []): Promise<Went> {
    return this.#takeBack(undo, plan, args)
  }

  /** `lsp-wal redo`. */
  redo(plan = NO_FAULT): Promise<Went> {
    return this.#takeBack(redo, plan, [])
  }

  #takeBack(command: Command, plan: FaultPlan, args: readonly string[]): Promise<Went> {
    this.wentBack = true
    return this.#carryOut(plan, async (env) => {
      const programs = { node: '', nodeVersion: '', lspWal: [], headless: [] }
      const silent = () => {}
      const streams = { out: silent, err: silent, progress: silent }
      const around = { env, root: ROOT, cwd: WORKSPACE, programs, variables: {}, ...streams }
      const status = await command({ ...around, colour: false, width: undefined }, args)
      return status === EXIT.partly ? 'refused' : 'done'
    })
  }

  /** Ends whatever runs; of what was not synced some stays, as the dice have it. */
  crash(end: End, dice: Dice): void {
    const share = ENDS[end]
    if (share === undefined) return this.machine.kill(this.#program)
    this.hasLostPower = true
    this.machine.crash(() => dice.chance(share))
  }

  #asRecorded(intent: Intent): Intent {
    const { withheld = [] } = this.workload
    return withhold(recordable(this.machine, intent), (path) => withheld.includes(path), hasher)
  }

  async #carryOut(plan: FaultPlan, act: (env: Env) => Promise<Went>): Promise<Went> {
    const before = this.#withheldNow()
    const went = await this.#as(plan, act)
    if (this.#withheldNow() !== before)
      this.trespasses.push('a path that is kept out of the log was written to')
    return went
  }

  #withheldNow(): string {
    const tree = this.machine.platter.tree(WORKSPACE)
    const paths = this.workload.withheld ?? []
    return JSON.stringify(paths.map((path) => tree[path.slice(WORKSPACE.length + 1)] ?? null))
  }

  async #as(plan: FaultPlan, act: (env: Env) => Promise<Went>): Promise<Went> {
    this.machine.kill(this.#program)
    const program = this.machine.run()
    this.#program = program
    program.disk.plan = plan
    try {
      const went = await act({ ...program, disk: this.#broken(program.disk) })
      if (program.disk.isDead) return 'died'
      this.hasFailed ||= went === 'refused'
      return went
    } catch (error) {
      if (error instanceof Died || program.disk.isDead) return 'died'
      if (!isOfTheWorld(error)) throw error
      this.hasFailed = true
      return 'refused'
    }
  }
}

/** The id that an edit has when it is made a second time. */
export const idAgain = (id: string): string => `${id.slice(0, -1)}f`

/** A failure of the world, told as one; anything else is a mistake of the program. */
function isOfTheWorld(error: unknown): boolean {
  return error instanceof DiskError || error instanceof JournalError
}
