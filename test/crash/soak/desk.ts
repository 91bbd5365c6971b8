import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { FIXTURE_SERVER, HEADLESS, LSP_WAL, type Stage } from '../../scenarios/stage.ts'
import type { Dice } from '../seed.ts'

const FILES = 4
const VICTIMS = ['editor', 'proxy', 'server', 'nobody'] as const

/** One editor with its proxy and its server; the files that it edits are its own, the rest it shares with others. */
export class Desk {
  readonly #stage: Stage
  readonly #name: string
  /** What a run takes that nobody disturbs: the last one, and at first a guess. */
  #runMs = 500
  /** Which edit its files are to hold next. */
  #generation = 0

  constructor(stage: Stage, name: string) {
    this.#stage = stage
    this.#name = name
    for (const file of this.#files) stage.write(file, 'generation 0\n')
  }

  get #files(): string[] {
    return Array.from({ length: FILES }, (_, n) => `${this.#name}/${n}.ts`)
  }

  /** One more edit of all its files, during which somebody may be killed. Resolves with who was. */
  edit(dice: Dice): Promise<string> {
    this.#generation++
    const changes = Object.fromEntries(
      this.#files.map((file) => [
        this.#stage.uri(file),
        [
          {
            range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } },
            newText: `generation ${this.#generation}\n`,
          },
        ],
      ]),
    )
    return this.#run([{ executeCommand: { command: 'edit', arguments: [{ changes }] } }], dice)
  }

  /** A start that has nothing to do but to recover, during which somebody may be killed. */
  start(dice: Dice): Promise<string> {
    return this.#run([], dice)
  }

  /** What is wrong with its files: they are those of the last edit, or of the one before. */
  faults(): string[] {
    const files = this.#stage.files()
    const texts = new Set(this.#files.map((file) => files[file]))
    const [text] = texts
    const isWhole = texts.size === 1 && /^generation \d+\n$/.test(text ?? '')
    if (!isWhole) return [`${this.#name} is torn: ${JSON.stringify([...texts])}`]
    const generation = Number(text!.slice('generation '.length))
    const wanted = [this.#generation - 1, this.#generation]
    this.#generation = generation
    return wanted.includes(generation)
      ? []
      : [`${this.#name} is at edit ${generation}, and not at one of ${wanted.join(', ')}`]
  }

  async #run(steps: readonly object[], dice: Dice): Promise<string> {
    const victim = dice.pick(VICTIMS)
    const after = dice.below(this.#runMs)
    const startedAt = performance.now()
    const command = [
      ...this.#telling('proxy', [...LSP_WAL, '--journal', this.#stage.journal, '--']),
      ...this.#telling('server', FIXTURE_SERVER),
    ]
    const [file, ...args] = [...HEADLESS, '-', '--', ...command]
    const editor = spawn(file!, args, { cwd: this.#stage.workspace, stdio: ['pipe', 'ignore', 'pipe'] })
    // All three hold stderr open: it ends when the last of them has.
    const ended = once(editor.stderr.resume(), 'close')
    editor.stdin.on('error', () => {}) // it may be killed before it has read its script
    editor.stdin.end(JSON.stringify({ folders: ['.'], steps }))
    // A random instant is what is wanted here, not something to have happened by then.
    await Promise.race([ended, setTimeout(after)])
    const pid = victim === 'editor' ? editor.pid : this.#pidOf(victim)
    const isKilled = editor.exitCode === null && pid !== undefined && kill(pid)
    await ended
    for (const each of ['proxy', 'server']) rmSync(this.#pidFile(each), { force: true })
    if (!isKilled) this.#runMs = performance.now() - startedAt
    else if (victim === 'editor') this.#endSaves()
    return isKilled ? victim : 'nobody'
  }

  /** This editor empties a file before it writes it. Killed between the two it tears one by itself: it got so far. */
  #endSaves(): void {
    const files = this.#stage.files()
    for (const file of this.#files)
      if (files[file] === '') this.#stage.write(file, `generation ${this.#generation}\n`)
  }

  /** A command that writes its process's id to a file, and is then replaced by another one. */
  #telling(who: string, command: readonly string[]): string[] {
    return ['sh', '-c', `echo $$ > '${this.#pidFile(who)}'; exec "$@"`, 'sh', ...command]
  }

  #pidOf(who: string): number | undefined {
    try {
      return Number(readFileSync(this.#pidFile(who), 'utf8')) || undefined
    } catch {
      return undefined // it has not got so far
    }
  }

  #pidFile(who: string): string {
    return `${this.#stage.folder}/${this.#name}.${who}`
  }
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false // it has ended by itself
  }
}
