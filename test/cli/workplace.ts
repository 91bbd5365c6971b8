import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import type { Command, Surroundings } from '../../server/cli/command.ts'
import type { Host } from '../../server/disk/host.ts'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { nodeHost } from '../../server/disk/node-host.ts'
import { bytesOf as loaded } from '../../server/edits/file-bytes.ts'
import { createHasher } from '../../server/edits/hash.ts'
import type { Image } from '../../server/edits/images.ts'
import { type ByteEdit, splice } from '../../server/edits/splice.ts'
import type { Env } from '../../server/journal/env.ts'
import type { About, Intent, PathFacts } from '../../server/journal/intent.ts'
import type { Event } from '../../server/journal/outcomes.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import type { EditorInfo } from '../../server/journal/session-folder.ts'
import { withhold } from '../../server/journal/withhold.ts'

// Times are shown as they are where the reader lives.
process.env.TZ = 'UTC'

export const NEOVIM: EditorInfo = { name: 'Neovim', version: '0.10.2', pid: null, start: null }
export const HELIX: EditorInfo = { name: 'helix', version: '24.7', pid: null, start: null }

/** A Wednesday. */
const NOW = '2026-03-04T10:44:30.000Z'

/** A number that no process has: beyond Linux's and macOS's largest. */
const NO_PROCESS = 4_194_304 + 1

export interface Outcome {
  readonly out: string
  readonly err: string
  readonly exit: number
}

export const PROGRAMS: Surroundings['programs'] = {
  node: '',
  nodeVersion: '20.0.0',
  lspWal: [],
  headless: [],
}

/** A project and a journal in a folder of their own. */
export class Workplace {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'lsp-wal-cli-')))
  readonly project = join(this.folder, 'project')
  readonly root = rootAt(join(this.folder, 'journal'))
  readonly #running: Session[] = []

  constructor() {
    mkdirSync(this.project)
  }

  path(name: string): string {
    return join(this.project, name)
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), content)
  }

  async run(
    command: Command,
    args: readonly string[] = [],
    around: Partial<
      Pick<Surroundings, 'cwd' | 'colour' | 'programs' | 'progress' | 'width' | 'variables'>
    > & {
      readonly now?: string
    } = {},
  ): Promise<Outcome> {
    let [out, err] = ['', '']
    const exit = await command(
      {
        env: await envAt(around.now ?? NOW),
        root: this.root,
        cwd: around.cwd ?? this.project,
        programs: around.programs ?? PROGRAMS,
        variables: around.variables ?? {},
        out: (text) => {
          out += text
        },
        err: (text) => {
          err += text
        },
        progress: around.progress ?? (() => {}),
        colour: around.colour ?? false,
        width: around.width,
      },
      args,
    )
    return { out, err, exit }
  }

  /** A session that has ended, or that died with what it left pending. */
  async session(record: (scribe: Scribe) => Promise<void>, options: SessionOptions = {}): Promise<string> {
    const session = await this.#start(record, { pid: NO_PROCESS, ...options })
    await session.end()
    return session.id
  }

  /** A session whose process still runs: this one. */
  async running(record: (scribe: Scribe) => Promise<void>, options: SessionOptions = {}): Promise<string> {
    const session = await this.#start(record, options)
    this.#running.push(session)
    return session.id
  }

  async #start(record: (scribe: Scribe) => Promise<void>, options: SessionOptions): Promise<Session> {
    const {
      at = NOW,
      editor = NEOVIM,
      server = ['/usr/bin/rust-analyzer'],
      folders = [this.project],
    } = options
    const env = await envAt(at, {
      ...(options.host && { name: options.host, boot: `boot of ${options.host}` }),
      ...(options.pid && { pid: options.pid }),
    })
    const session = new Session(env, this.root, { folders, server, editor }, (problem) => {
      throw problem
    })
    await record(new Scribe(this, session, at))
    return session
  }

  async dispose(): Promise<void> {
    for (const session of this.#running) await session.end()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface SessionOptions {
  readonly at?: string
  readonly editor?: EditorInfo | null
  readonly server?: readonly string[]
  readonly folders?: readonly string[]
  readonly host?: string
  readonly pid?: number
}

/** How an intent's files are described: what each holds, then what it is to hold. */
export type Files = Readonly<Record<string, FilePlan>>

export interface FilePlan {
  readonly before?: string | Uint8Array
  readonly edits?: readonly ByteEdit[]
  /** In the place of edits: the whole content. */
  readonly after?: string | Uint8Array
  readonly deleted?: true
  readonly movedFrom?: string
  readonly unknown?: string
}

/** Records intents in one session. */
export class Scribe {
  readonly #workplace: Workplace
  readonly session: Session
  readonly #at: string

  constructor(workplace: Workplace, session: Session, at: string) {
    this.#workplace = workplace
    this.session = session
    this.#at = at
  }

  /** Puts the originals on the disk and records what is to become of them; the disk keeps the originals. */
  async intent(
    id: string,
    files: Files,
    about: Partial<About> & {
      readonly foreign?: true
      readonly withheld?: readonly string[]
      readonly folders?: Intent['folders']
    } = {},
  ): Promise<Intent> {
    const { foreign = false, withheld = [], folders = { made: [], removed: [] }, ...rest } = about
    const images: Image[] = []
    const facts = new Map<string, PathFacts>()
    for (const [name, plan] of Object.entries(files)) {
      const path = this.#workplace.path(name)
      if (plan.before !== undefined) this.#workplace.write(name, plan.before)
      const stat = await nodeDisk.stat(path)
      images.push(imageOf(this.#workplace, path, plan, files))
      facts.set(path, {
        from: 'disk',
        ...(stat && { size: stat.size, mtimeNs: stat.mtimeNs, mode: stat.mode }),
      })
    }
    const intent: Intent = {
      id,
      images,
      facts,
      folders,
      foreign,
      about: {
        at: this.#at,
        session: this.session.id,
        road: 'textDocument/rename',
        label: '',
        server: 'rust-analyzer',
        ...rest,
      },
    }
    const kept = withhold(
      intent,
      (path) => withheld.some((name) => path === this.#workplace.path(name)),
      await createHasher(),
    )
    await this.session.append(kept)
    return intent
  }

  /** Carries an intent out on the disk: all of it, or only some paths. */
  async land(intent: Intent, ...names: readonly string[]): Promise<void> {
    const chosen = names.map((name) => this.#workplace.path(name))
    for (const { path, after } of intent.images) {
      if (chosen.length > 0 && !chosen.includes(path)) continue
      if (after.kind === 'file') {
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, loaded(after.bytes))
      } else if (after.kind === 'absent') rmSync(path, { force: true })
    }
  }

  note(intent: Intent, event: Event, at = this.#at): void {
    this.session.note({ id: intent.id, at, event })
  }

  /** An intent that is carried out and settled. */
  async landed(
    id: string,
    files: Files,
    about: Partial<About> & {
      readonly withheld?: readonly string[]
      readonly folders?: Intent['folders']
    } = {},
  ): Promise<Intent> {
    const intent = await this.intent(id, files, about)
    await this.land(intent)
    this.note(intent, 'landed')
    return intent
  }
}

/** Every `from` in the text becomes `to`. */
export function replacing(before: string, from: string, to: string): FilePlan {
  const edits: ByteEdit[] = []
  for (let at = before.indexOf(from); at >= 0; at = before.indexOf(from, at + from.length))
    edits.push({ start: at, end: at + from.length, text: to })
  return { before, edits }
}

/** An id of 32 digits that begins so. */
export const id = (start: string): string => start.padEnd(32, '0')

function imageOf(workplace: Workplace, path: string, plan: FilePlan, files: Files): Image {
  const bytesOf = (content: string | Uint8Array | undefined) =>
    content === undefined ? undefined : Buffer.from(content)
  const before = bytesOf(plan.before)
  if (plan.unknown !== undefined)
    return { path, before, after: { kind: 'unknown', reason: plan.unknown }, source: undefined, edits: [] }
  if (plan.deleted) return { path, before, after: { kind: 'absent' }, source: undefined, edits: [] }
  if (plan.after !== undefined)
    return {
      path,
      before,
      after: { kind: 'file', bytes: bytesOf(plan.after)! },
      source: undefined,
      edits: [],
    }
  const source = plan.movedFrom === undefined ? before && path : workplace.path(plan.movedFrom)
  const original = plan.movedFrom === undefined ? before : bytesOf(files[plan.movedFrom]?.before)
  expect(plan.movedFrom === undefined || original !== undefined).toBe(true)
  const edits = plan.edits ?? []
  return {
    path,
    before,
    after: { kind: 'file', bytes: splice(original ?? Buffer.alloc(0), edits) },
    source,
    edits,
  }
}

async function envAt(now: string, self: Partial<Pick<Host, 'name' | 'pid'>> = {}): Promise<Env> {
  const host: Host = { ...nodeHost(process), ...self, now: () => new Date(now) }
  return { disk: nodeDisk, host, hasher: await createHasher() }
}
