import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { asHandedOnIn } from '../scenarios/handed-on.ts'
import { asTold } from './as-told.ts'
import { canonical, Desk, type Server, until, WORDS } from './desk.ts'
import type { EditorKind } from './editor.ts'

const RECORDING_PIPE = fileURLToPath(new URL('../.build/fixtures/recording-pipe.js', import.meta.url))

/**
 * Has the same session without an edit twice, straight with the server and through the proxy: the editor says the
 * same, what comes before the proxy is what comes behind it, to the byte but for what is added to the answer to
 * `initialize`, and nothing is recorded.
 */
export async function untouched(kind: EditorKind): Promise<void> {
  const straight = await recorded(kind, false)
  const through = await recorded(kind, true)
  expect(through.before).toEqual(through.behind)
  expect(said(through.before.stdin)).toEqual(said(straight.before.stdin))
}

/** The same with a real server, whose timing changes what is said: what comes before the proxy is what comes behind it. */
export async function handedOn(kind: EditorKind, server: Server): Promise<void> {
  const { before, behind } = await recorded(kind, true, server)
  expect(before).toEqual(behind)
  expect(before.stdin).toMatch(/didChange/)
}

type Recording = Readonly<Record<'stdin' | 'stdout', string>>

async function recorded(
  kind: EditorKind,
  isWrapped: boolean,
  behindIt: Server = WORDS,
): Promise<Record<'before' | 'behind', Recording>> {
  const pipe = (name: string) => [process.execPath, RECORDING_PIPE, name, '--']
  using desk = new Desk({ 'a.ts': 'foo\n', 'b.ts': 'foo\n' }, behindIt, (server, stage) => {
    const [before, behind] = ['before', 'behind'].map((name) => pipe(join(stage.folder, name)))
    return [...before!, ...(isWrapped ? stage.wrapped([], [...behind!, ...server]) : server)]
  })
  const recording = (name: string): Recording => {
    const read = (stream: string) => {
      const path = join(desk.stage.folder, `${name}.${stream}`)
      return existsSync(path) ? readFileSync(path, 'latin1') : ''
    }
    const stdout = read('stdout')
    return { stdin: read('stdin'), stdout: name === 'behind' ? asHandedOnIn(stdout) : stdout }
  }
  const editor = await desk.start(kind, 'a.ts')
  await asTold(editor, desk, async () => {
    await editor.open('b.ts')
    await editor.type('b.ts', 'typed')
    await until('the server to know what was typed', () => desk.texts['b.ts']?.includes('typed'))
    await editor.saveAll()
    // eglot tells nobody of that who has not asked for it.
    const isTold = () =>
      behindIt !== WORDS || kind.keepsSavesToItself || desk.told.some(({ what }) => what === 'saved')
    await until('it to be saved', () => isTold() && desk.files()['b.ts'] === 'foo\ntyped\n')
    expect(await editor.questions()).toEqual([])
  })
  // As it stands before the end: some editors kill the server then, and who is killed records no more.
  const names = isWrapped ? (['before', 'behind'] as const) : (['before', 'before'] as const)
  const [before, behind] = await until('nothing to be under way', () => {
    const [one, other] = names.map(recording)
    return one!.stdin.length === other!.stdin.length && one!.stdout.length === other!.stdout.length
      ? ([one!, other!] as const)
      : undefined
  })
  await editor.quit()
  await desk.serversGone()
  expect(desk.files()).toEqual({ 'a.ts': 'foo\n', 'b.ts': 'foo\ntyped\n' })
  expect(await desk.log()).toEqual([])
  // Killed, a session leaves its empty folder to the next start.
  if (isWrapped && !kind.killsServers) expect(desk.liveSessions).toBe(0)
  return { before, behind }
}

/**
 * The messages without what is another one in every session. Neovim writes the keys of an object in another order
 * each time, kakoune-lsp the words of some lists, and Helix some of its messages.
 */
function said(stdin: string): string[] {
  const bodies = stdin.split(/Content-Length: \d+\r\n(?:[^\r\n]+\r\n)*\r\n/).slice(1)
  const messages = bodies.map((body) => canonical(JSON.parse(body, inOrder)))
  return messages.map((text) => text.replace(/"processId":\d+/, '"processId":0').replace(FOLDER, '')).sort()
}

function inOrder(_: string, value: unknown): unknown {
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value.sort() : value
}

/** Where a stage is. */
const FOLDER = /[^"]*\/lsp-wal-test-\w+/g
