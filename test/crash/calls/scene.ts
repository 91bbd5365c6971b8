import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Ended, LSP_WAL, run, Stage } from '../../scenarios/stage.ts'
import { readLog } from '../log-reader.ts'
import { type Call, type CallFault, callsOf, forgetCalls, withFault } from './preload.ts'
import type { Files, RealWorkload } from './workloads.ts'

/** The exit status that says that the user has to decide. */
const WAITING = 4

export type Act = 'recording' | 'recovery' | 'undo' | 'redo'

/** One workload and one act of it, on the real program; each case begins with the same files and the same journal. */
export class Scene {
  readonly #stage: Stage
  readonly #workload: RealWorkload
  readonly #act: Act

  private constructor(workload: RealWorkload, act: Act) {
    this.#workload = workload
    this.#act = act
    this.#stage = new Stage({})
    this.#write(workload.before)
    for (const name of workload.secondNames ?? [])
      linkSync(this.#stage.path(name), join(this.#stage.folder, `second-${name}`))
  }

  static async set(workload: RealWorkload, act: Act): Promise<Scene> {
    const scene = new Scene(workload, act)
    const stage = scene.#stage
    if (act === 'recovery')
      await stage.headless(
        ['--die-at', `files-saved=${workload.dieAt}`, '--die-with-server'],
        scene.#steps(),
        stage.wrapped(),
      )
    if (act === 'undo' || act === 'redo') {
      mustEnd(await stage.headless([], scene.#steps(), stage.wrapped()))
      scene.#write(workload.later?.files ?? {})
    }
    if (act === 'redo') mustEnd(await stage.lspWal('undo'))
    // With times to the nanosecond: they are recorded, and compared.
    execFileSync('cp', ['-a', stage.folder, scene.#snapshot])
    return scene
  }

  [Symbol.dispose](): void {
    this.#stage[Symbol.dispose]()
    rmSync(this.#snapshot, { recursive: true, force: true })
    rmSync(this.#trace, { force: true })
    forgetCalls(this.#stage)
  }

  /** The act without a fault; its calls. */
  async calls(): Promise<Call[]> {
    await this.go(undefined)
    return callsOf(this.#stage)
  }

  /** The act from its beginning, with a fault. */
  async go(fault: CallFault | undefined): Promise<Ended> {
    const stage = this.#stage
    rmSync(stage.folder, { recursive: true })
    rmSync(this.#trace, { force: true })
    forgetCalls(stage)
    execFileSync('cp', ['-a', this.#snapshot, stage.folder])
    switch (this.#act) {
      case 'recording':
        return stage.headless(
          ['--trace', this.#trace],
          this.#steps(),
          withFault(stage, fault, stage.wrapped()),
        )
      case 'recovery':
        return stage.headless(['--trace', this.#trace], [], withFault(stage, fault, stage.wrapped()))
      case 'undo':
      case 'redo': {
        const command = [...LSP_WAL, this.#act, '--journal', stage.journal]
        return run(withFault(stage, fault, command), stage.workspace)
      }
    }
  }

  /** What the editor's user was shown in the course of the act. */
  get told(): string {
    return existsSync(this.#trace) ? readFileSync(this.#trace, 'utf8') : ''
  }

  /** The command that is the act, without a fault. */
  again(): Promise<Ended> {
    return this.#stage.lspWal(this.#act)
  }

  /**
   * A start without a fault, and one more; what is wrong after them. `asks`: what a crash while the editor had unsaved
   * files, or an error that was told, leaves to the user.
   */
  async settle(asks: 'may ask' | 'asks nothing'): Promise<string[]> {
    const stage = this.#stage
    const faults: string[] = []
    mustEnd(await stage.headless([], [], stage.wrapped()))
    const before = [stage.files(), this.#journal()]
    const again = await stage.lspWal('recover')
    if (again.status === WAITING && asks === 'may ask') await stage.lspWal('recover', '--finish')
    else if (again.status !== 0) faults.push(`recover says ${again.status}: ${again.stdout}${again.stderr}`)
    else if (JSON.stringify([stage.files(), this.#journal()]) !== JSON.stringify(before))
      faults.push('a further recovery does something')
    const files = stage.files()
    if (this.#placeOf(files) === undefined)
      faults.push(`the files are ${JSON.stringify(files).slice(0, 600)}`)
    return [...faults, ...this.#faultsOfLogs()]
  }

  #journal(): string[] {
    return existsSync(this.#stage.journal) ? this.#stage.journalFiles() : []
  }

  /** How many edits are in place as a whole. */
  get place(): number | undefined {
    return this.#placeOf(this.#stage.files())
  }

  get edits(): number {
    return this.#workload.after.length
  }

  #placeOf(files: Files): number | undefined {
    const { before, after, later } = this.#workload
    const isLater = later !== undefined && (this.#act === 'undo' || this.#act === 'redo')
    const wholes = isLater ? [later.undone, later.files] : [before, ...after]
    const at = wholes.findIndex((whole) => isEqual(whole, files))
    return at < 0 ? undefined : at
  }

  #write(files: Files): void {
    for (const [name, text] of Object.entries(files)) this.#stage.write(name, Buffer.from(text, 'latin1'))
  }

  #steps(): object[] {
    return this.#workload
      .edits(this.#stage)
      .map((edit) => ({ executeCommand: { command: 'edit', arguments: [edit, this.#workload.name] } }))
  }

  #faultsOfLogs(): string[] {
    if (!existsSync(this.#stage.journal)) return []
    return readdirSync(this.#stage.journal, { recursive: true, encoding: 'utf8' })
      .filter((name) => /(^|\/)wal(\.\d+)?\.log$/.test(name))
      .flatMap((name) =>
        readLog(readFileSync(join(this.#stage.journal, name))).faults.map((fault) => `${name}: ${fault}`),
      )
  }

  get #trace(): string {
    return `${this.#stage.folder}.trace`
  }

  get #snapshot(): string {
    return `${this.#stage.folder}.before`
  }
}

/** What nothing goes wrong with has to come to its end, or what follows says nothing. */
function mustEnd({ status, stderr }: Ended): void {
  if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`)
}

function isEqual(a: Files, b: Files): boolean {
  return (
    Object.keys(a).length === Object.keys(b).length &&
    Object.entries(a).every(([name, text]) => b[name] === text)
  )
}
