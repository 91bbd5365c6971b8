import { relative } from 'node:path'
import { expect } from 'vitest'
import type { Range } from 'vscode-languageserver-protocol/node'
import { HeadlessClient } from '../../../client-shim/client.ts'
import type { HeadlessOptions } from '../../../client-shim/options.ts'
import type { Stage } from '../stage.ts'
import { editsSeen } from './edits-seen.ts'
import { versionOf } from './installed.ts'
import {
  afterHashesOf,
  afterImagesOf,
  hashOf,
  type Line,
  mapValues,
  originalsOf,
  readLines,
  sessionsIn,
} from './recorded.ts'
import { keep } from './rows.ts'

/** A language server as it is installed, and what its client is started with. */
export interface RealServer {
  /** What the log calls it: the command's own name. */
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** What the table calls it, where its name alone does not tell. */
  readonly title?: string
  /** Arguments that make it say its version; by default it is that of its npm package. */
  readonly version?: readonly string[]
  /** The statuses with which it may end, without the proxy as well; only 0 by default. */
  readonly ends?: readonly number[]
  readonly options?: (stage: Stage) => Partial<HeadlessOptions>
}

/** How an edit reaches the client, and what the log has of that. */
interface Road {
  readonly road?: string
  /** Options of the proxy. */
  readonly proxy?: readonly string[]
}

/** File names to contents; as latin-1 where every byte has to show. */
export type Files = Readonly<Record<string, string>>

/** Long enough for a cold start on a busy machine. */
export const PATIENCE_MS = 60_000

/**
 * Runs one refactoring by a real server behind the installed command, and holds it to what is promised of all:
 * when the edit reaches the client its intent is in the log, with the originals; the after-images are what the
 * client then writes, byte for byte; it has landed when the session ends; undo puts every byte back.
 * `label` is what the log calls it.
 * Gives the files that the edit is about, as the client has left them.
 */
export async function refactor(
  stage: Stage,
  server: RealServer,
  label: RegExp,
  act: (client: HeadlessClient) => Promise<unknown>,
  { road = 'workspace/applyEdit', proxy = [] }: Road = {},
): Promise<Files> {
  const arrivals: Arrival[] = []
  const editIn = editsSeen()
  const client = await HeadlessClient.start({
    ...optionsFor(stage, server),
    command: wrapped(stage, server, proxy),
    trace: (entry) => {
      const edit = editIn(entry)
      // The frame has been read and nobody has looked at it: nothing of it can have been carried out.
      if (edit !== undefined)
        arrivals.push({ edit, log: readLines(stage.journal, 'live') as Line[], files: stage.files() })
    },
  })
  try {
    await act(client)
    await client.waitForEdits(1)
    expect(client.edits).toMatchObject([{ road, outcome: { applied: true } }])
    expect(server.ends ?? [0]).toContain((await client.shutdown()).code)
  } catch (error) {
    keep({ missing: `an edit by ${server.name}` }) // there is no row of it: the table would be too short
    throw error
  } finally {
    await client.kill()
  }
  const after = stage.files()
  const [arrival, ...others] = arrivals
  expect(others).toEqual([])
  const seen = { recorded: false, undone: false }
  try {
    const line = expectRecorded(stage, arrival!, after)
    expect(line.meta).toMatchObject({ road, server: server.name })
    expect(line.meta.label).toMatch(label)
    expectSettled(stage, line)
    seen.recorded = true
    expect(await stage.lspWal('undo')).toMatchObject({ status: 0, stderr: '' })
    expect(stage.files()).toEqual(arrival!.files)
    seen.undone = true
    return named(stage, at(stage, after, Object.keys(line.meta.paths)))
  } finally {
    keepRow(server, road, arrival!, seen)
  }
}

function keepRow(
  server: RealServer,
  road: string,
  { edit, log: [line] }: Arrival,
  seen: { readonly recorded: boolean; readonly undone: boolean },
): void {
  const { title = server.name } = server
  const { label = '', paths = {} } = line?.meta ?? {}
  const version = versionOf(server)
  keep({ server: title, version, label, road, edit, paths: Object.keys(paths).length, ...seen })
}

/** What there was at the moment when an edit reached the client. */
interface Arrival {
  readonly edit: unknown
  readonly log: readonly Line[]
  readonly files: Files
}

function expectRecorded(stage: Stage, { edit, log, files }: Arrival, after: Files): Line {
  expect(log).toHaveLength(1)
  const line = log[0]!
  const paths = Object.keys(line.meta.paths)
  // Of a layout the log has the whole, and the answer the edits of the one document.
  const { changes } = line.meta.edit as { changes?: object }
  expect(Array.isArray(edit) ? Object.values(changes ?? {}) : line.meta.edit).toEqual(
    Array.isArray(edit) ? [edit] : edit,
  )
  expect(mapValues(originalsOf(line), latin1)).toEqual(at(stage, files, paths))
  const written = at(stage, after, paths)
  expect(mapValues(afterImagesOf(line), latin1)).toEqual(written)
  expect(afterHashesOf(line)).toEqual(mapValues(written, (text) => hashOf(Buffer.from(text, 'latin1'))))
  // And nothing else was written.
  expect({ ...after, ...named(stage, at(stage, files, paths), 'latin1') }).toEqual({ ...after, ...files })
  return line
}

/** The session is over, and nothing is left to be asked about it. */
function expectSettled(stage: Stage, line: Line): void {
  expect(sessionsIn(stage.journal, 'live')).toEqual([])
  expect(readLines(stage.journal, 'history')).toEqual([line])
  const outcomes = readLines(stage.journal, 'history', 'outcomes.log')
  expect(outcomes.at(-1)).toMatchObject({ id: line.id, event: 'landed' })
}

/** What every client of a server's tests is started with, but for the command. */
export function optionsFor(stage: Stage, { options }: RealServer): Omit<HeadlessOptions, 'command'> {
  return {
    folders: [stage.workspace],
    stderr: 'capture',
    timeoutMs: PATIENCE_MS,
    exitPauseMs: PATIENCE_MS,
    ...options?.(stage),
  }
}

export function wrapped(
  stage: Stage,
  server: RealServer,
  options: readonly string[] = [],
): [string, ...string[]] {
  return stage.wrapped(options, server.command) as [string, ...string[]]
}

/** Picks a code action by its title and runs it; `command` is what it has the server do. */
export async function pick(
  client: HeadlessClient,
  path: string,
  range: Range,
  title: RegExp,
  command: string,
): Promise<void> {
  const action = await client.findCodeAction(path, range, (each) => title.test(each.title))
  expect(action).toMatchObject({ command: { command } })
  await client.runCodeAction(action)
}

/** Where a text stands in a file, its first occurrence. */
export function rangeOf(files: Files, name: string, needle: string): Range {
  const text = files[name]!.replace(/^\ufeff/, '')
  const start = text.indexOf(needle)
  if (start < 0) throw new Error(`no ${needle} in ${name}`)
  return { start: positionAt(text, start), end: positionAt(text, start + needle.length) }
}

function positionAt(text: string, offset: number): Range['start'] {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length - 1, character: before.at(-1)!.length }
}

/** The files at these paths, by path. */
function at(stage: Stage, files: Files, paths: readonly string[]): Files {
  const all = Object.entries(files).map(([name, text]) => [stage.path(name), text] as const)
  return Object.fromEntries(all.filter(([path]) => paths.includes(path)))
}

function named(stage: Stage, byPath: Files, encoding: 'latin1' | 'utf8' = 'utf8'): Files {
  return Object.fromEntries(
    Object.entries(byPath).map(([path, text]) => [
      relative(stage.workspace, path),
      Buffer.from(text, 'latin1').toString(encoding),
    ]),
  )
}

function latin1(bytes: Buffer): string {
  return bytes.toString('latin1')
}
