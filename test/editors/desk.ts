import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { EntryJson } from '../../server/cli/entry-json.ts'
import type { Program } from '../scenarios/real-servers/installed.ts'
import { gone, Processes } from '../scenarios/relay/processes.ts'
import { Stage } from '../scenarios/stage.ts'
import type { Editor, EditorKind } from './editor.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../.build/fixtures/${name}.js`, import.meta.url))

/** A language server, and what its editor hands it when it starts. */
export interface Server {
  /** TRACE is where it is to say what it is told. */
  readonly command: (trace: string) => readonly string[]
  readonly options?: object
  readonly language: Language
  /** What has to be installed for it. */
  readonly programs?: readonly Program[]
}

/** Of the files of a server. */
export interface Language {
  /** As LSP has it, and Neovim and Helix, too. */
  readonly id: string
  /** What their names end with. */
  readonly endings: readonly string[]
}

export const TYPESCRIPT: Language = { id: 'typescript', endings: ['ts'] }

export const WORDS: Server = {
  language: TYPESCRIPT,
  command: (trace) => [process.execPath, fixture('word-server'), trace],
}

/** One that does not say what it is told. */
export function realServer(language: Language, command: readonly string[], options: object = {}): Server {
  const pipe = [process.execPath, fixture('telling-pipe')]
  return { language, command: (trace) => [...pipe, trace, '--', ...command], options }
}

/** Editors start slowly on a machine with other things to do. */
const PATIENCE_MS = 45_000

/** What a word server was told. */
export type Told =
  | { what: 'initialize'; client: string; editor: number; pid: number; proxy: number }
  | { what: 'initialized' }
  | { what: 'text'; name: string; text: string }
  | { what: 'saved' | 'closed' | 'diagnosed'; name: string }
  | { what: 'watched'; names: string[] }
  | { what: 'answered'; answer?: { applied: boolean }; error?: string }

/** A workspace, the editors that are started in it one after the other, and what can be seen of them. */
export class Desk {
  readonly stage: Stage
  readonly processes: Processes
  /** The command that the editor's user has configured. */
  readonly command: readonly string[]
  readonly home: string
  /** What the server is to be handed when it starts. */
  readonly options: object | undefined
  /** A file of the editor's configuration, where its user has pasted something; else the command is set up by itself. */
  pasted: string | undefined
  readonly language: Language
  readonly #trace: string

  constructor(
    files: Readonly<Record<string, string>>,
    server: Server = WORDS,
    around: (server: readonly string[], stage: Stage) => readonly string[] = wrapped,
    /** Where editors are started. */
    cwd: (stage: Stage) => string = ({ workspace }) => workspace,
  ) {
    this.stage = new Stage(files)
    this.processes = new Processes(cwd(this.stage))
    this.home = join(this.stage.folder, 'home')
    mkdirSync(this.home, { mode: 0o700 })
    this.#trace = join(this.stage.folder, 'told')
    this.command = around(server.command(this.#trace), this.stage)
    this.options = server.options
    this.language = server.language
  }

  [Symbol.dispose](): void {
    this.processes.end()
    for (const { pid, proxy } of this.servers) {
      this.processes.alsoEnd(pid)
      this.processes.alsoEnd(proxy)
    }
    this.processes.end()
    this.stage[Symbol.dispose]()
  }

  /** What every editor of this desk has in its environment: nothing of the user who runs the tests. */
  get env(): NodeJS.ProcessEnv {
    const { PATH } = process.env
    return { PATH, HOME: this.home, LANG: 'C.UTF-8', TERM: 'xterm-256color', SHELL: '/bin/sh' }
  }

  /** Starts an editor, and has it show a file. */
  async start(kind: EditorKind, name: string): Promise<Editor> {
    const editor = await kind.start(this)
    await editor.open(name)
    return editor
  }

  /** Every file of the workspace, but for what editors keep beside theirs: Emacs' locks and its own copies. */
  files(): Record<string, string> {
    const entries = readdirSync(this.stage.workspace, { withFileTypes: true })
    const names = entries.filter((entry) => entry.isFile() && !/^#.*#$/.test(entry.name))
    const files = names.map(({ name }) => [name, textOf(this.stage.path(name))] as const)
    return Object.fromEntries(files.filter((each): each is [string, string] => each[1] !== undefined))
  }

  get told(): Told[] {
    if (!existsSync(this.#trace)) return []
    const lines = readFileSync(this.#trace, 'utf8').split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as Told)
  }

  /** Each server that was started, and the proxy in front of it. */
  get servers(): Extract<Told, { what: 'initialize' }>[] {
    return this.told.filter((each) => each.what === 'initialize')
  }

  get server(): Extract<Told, { what: 'initialize' }> {
    return this.servers.at(-1)!
  }

  /** What the server that runs holds the files' texts to be. */
  get texts(): Record<string, string> {
    const { told } = this
    const since = told.slice(told.findLastIndex(({ what }) => what === 'initialize'))
    const texts: Record<string, string> = {}
    for (const each of since) {
      if (each.what === 'text') texts[each.name] = each.text
      if (each.what === 'closed') delete texts[each.name]
    }
    return texts
  }

  /** What was recorded here and what became of it, the oldest first. */
  async log(): Promise<EntryJson[]> {
    const { stdout, stderr, status } = await this.stage.lspWal('log', '--json')
    if (status !== 0 || stderr !== '') throw new Error(`lsp-wal log: ${status}: ${stderr}`)
    return (JSON.parse(stdout) as EntryJson[]).reverse()
  }

  /** The states of what was recorded, the oldest first. */
  async states(): Promise<string[]> {
    return (await this.log()).map(({ state }) => state)
  }

  /** Whether the log says of what was recorded last that the editor has it. */
  get isNoted(): boolean {
    const live = join(this.stage.journal, 'live')
    const logs = readdirSync(live).map((session) => join(live, session, 'outcomes.log'))
    return logs.some((path) => existsSync(path) && readFileSync(path, 'utf8').includes('"event":"applied"'))
  }

  /** The sessions that have something pending, that run and have recorded something, or that were killed. */
  get sessions(): string[] {
    const live = join(this.stage.journal, 'live')
    return existsSync(live) ? readdirSync(live) : []
  }

  get liveSessions(): number {
    return this.sessions.length
  }

  /** Waits until the server that runs has said what it thinks of these files: it has read them by then. */
  async diagnosed(...names: readonly string[]): Promise<void> {
    await until(
      `${names.join(', ')} to be diagnosed`,
      () => names.every((name) => this.told.some((each) => each.what === 'diagnosed' && each.name === name)),
      () => this.told,
    )
  }

  /** Waits until no server runs any more, nor any proxy. */
  async serversGone(): Promise<void> {
    const pids = this.servers.flatMap(({ pid, proxy }) => [pid, proxy])
    await within(gone(...pids), () => `processes to end: ${pids.join(', ')}`)
  }
}

/** Of a file that is gone again, nothing: Helix keeps one beside what it saves for a moment. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function wrapped(server: readonly string[], stage: Stage): string[] {
  return stage.wrapped([], server)
}

/** Waits until something holds; what does not hold in time is named, with what is there instead. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  instead: () => unknown = () => undefined,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (Date.now() > deadline) {
      const there = JSON.stringify(await instead())
      throw new Error(`waited for ${what}${there === undefined ? '' : `; instead: ${there}`}`)
    }
    await setTimeout(30)
  }
}

/** Waits until a value is what is wanted, key by key. */
export async function untilEqual<T>(what: string, look: () => T | Promise<T>, wanted: T): Promise<void> {
  const text = canonical(wanted)
  let last: T | undefined
  await until(
    what,
    async () => {
      last = await look()
      return canonical(last) === text
    },
    () => last,
  )
}

/** As JSON, with the keys of every object in order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}

async function within(promise: Promise<unknown>, what: () => string): Promise<void> {
  const limit = new AbortController()
  const late = setTimeout(PATIENCE_MS, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`waited for ${what()}`)
  })
  late.catch(() => {}) // it is told by the race, or called off
  try {
    await Promise.race([promise, late])
  } finally {
    limit.abort()
  }
}
