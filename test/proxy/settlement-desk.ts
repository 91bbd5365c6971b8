import { afterEach, beforeEach, vi } from 'vitest'
import { createHasher } from '../../server/edits/hash.ts'
import type { Env } from '../../server/journal/env.ts'
import type { Intent } from '../../server/journal/intent.ts'
import type { Outcome } from '../../server/journal/outcomes.ts'
import { Mirror } from '../../server/proxy/mirror.ts'
import { Settlement } from '../../server/proxy/settlement.ts'
import type { Sight } from '../../server/recovery/workspace.ts'
import { Machine } from '../disk/machine.ts'
import { intentOf, replaced } from '../journal/intents.ts'

export const hasher = await createHasher()
export const START = Date.UTC(2026, 0, 1)

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** An editor's buffers in front of a disk, and what the settlement says of them. */
export class Desk {
  readonly disk = new Map<string, string>()
  readonly mirror = new Mirror()
  /** What was told, in order: `1: applied`. */
  readonly told: string[] = []
  looks = 0
  readonly settlement: Settlement
  readonly follower = {
    note: ({ id, event, reason, paths }: Outcome) => {
      const said =
        reason ??
        Object.entries(paths ?? {})
          .map((each) => each.join(' '))
          .join(', ')
      this.told.push(`${id}: ${event}${said === '' ? '' : ` (${said})`}`)
    },
    torn: ({ id }: Intent, landed: number) => {
      this.told.push(`${id}: torn, ${landed} landed`)
    },
  }

  constructor(files: Record<string, string>) {
    for (const [path, text] of Object.entries(files)) this.disk.set(path, text)
    const program = new Machine(hasher).run()
    const env: Env = { ...program, host: { ...program.host, now: () => new Date() } }
    const tell = (problem: unknown) => this.told.push(`problem: ${String(problem)}`)
    this.settlement = new Settlement(env, this.mirror, this, tell)
  }

  spellings(): Promise<[]> {
    return Promise.resolve([])
  }

  look(path: string): Promise<Sight> {
    this.looks++
    const text = this.disk.get(path)
    return Promise.resolve(
      text === undefined ? { kind: 'absent' } : { kind: 'file', bytes: Buffer.from(text), stat: undefined },
    )
  }

  follow(...intents: Intent[]): this {
    for (const intent of intents) this.settlement.follow(intent, this.follower)
    return this
  }

  /** The editor opens documents with the text of their files. */
  open(...paths: string[]): this {
    for (const path of paths) this.show(path, this.disk.get(path) ?? '')
    return this
  }

  show(path: string, text: string): void {
    this.mirror.open({ textDocument: { uri: `file://${path}`, version: 1, text } })
    this.settlement.changed(path)
  }

  type(path: string, text: string): this {
    this.mirror.change({ textDocument: { uri: `file://${path}`, version: 2 }, contentChanges: [{ text }] })
    this.settlement.changed(path)
    return this
  }

  /** The buffer's text is written, and the server is told. */
  save(path: string): this {
    this.disk.set(path, this.mirror.document(path)!.text.toString())
    this.settlement.saved(path)
    return this
  }

  close(path: string): this {
    this.mirror.close({ textDocument: { uri: `file://${path}` } })
    this.settlement.closed(path)
    return this
  }

  answer(id: string, applied: boolean): this {
    this.settlement.answered(id, applied)
    return this
  }

  async wait(ms: number): Promise<this> {
    await vi.advanceTimersByTimeAsync(ms)
    return this
  }
}

export const A = '/p/a.ts'
export const B = '/p/b.ts'
export const both = (id = '1') =>
  intentOf(id, [replaced(A, 'foo\n', 'bar\n'), replaced(B, 'foo()\n', 'bar()\n')])
export const only = (id = '1') => intentOf(id, [replaced(A, 'foo\n', 'bar\n')])
export const desk = () => new Desk({ [A]: 'foo\n', [B]: 'foo()\n' })
