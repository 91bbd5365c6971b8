import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Command } from '../../server/cli/command.ts'
import { recover } from '../../server/cli/recover.ts'
import { undo } from '../../server/cli/undo.ts'
import { id, replacing, Workplace } from './workplace.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const UNDONE = { direction: 'undo', id: id('aa'), label: 'Rename', by: null, files: [], left: [] }
const FILE = { path: '/p/a.ts', change: 'changed', where: 'buffer', merged: false }

/** What a command says where a session that runs answers its order so. */
async function answeredBy(command: Command, answer: unknown): Promise<string> {
  await place.session(async (scribe) => {
    const files = { 'a.ts': replacing('note\n', 'note', 'memo') }
    if (command === recover) await scribe.intent(id('aa'), files)
    else await scribe.landed(id('aa'), files)
  })
  const session = await place.running((scribe) => scribe.session.open())
  const socket = join(place.root.live, session, 'socket')
  rmSync(socket)
  const server = createServer({ allowHalfOpen: true }, (caller) => {
    let asked = ''
    caller.on('data', (chunk) => {
      asked += String(chunk)
    })
    const open = ['/p/a.ts', 5]
    caller.on('end', () => caller.end(`${JSON.stringify(asked === '' ? { open } : answer)}\n`))
  })
  await new Promise<void>((listening) => server.listen(socket, listening))
  try {
    return await place.run(command).then(
      ({ out }) => out,
      (error: Error) => `${error.name}: ${error.message}`,
    )
  } finally {
    await new Promise((closed) => server.close(closed))
  }
}

const undoneBy = (answer: unknown) => answeredBy(undo, answer)

it('tells what the session of an editor did', async () => {
  expect(await undoneBy({ ...UNDONE, files: [FILE] })).toContain(
    'changed  /p/a.ts  (in the editor: save it there)',
  )
})

const UNSEEN = { ...FILE, unseen: true }

it.each([
  ['of what it did', { files: [FILE] }],
  ['of what it did, though the editor has not shown all of it yet', { files: [UNSEEN, FILE] }],
])('names the way back %s', async (_title, done) => {
  expect(await undoneBy({ ...UNDONE, by: 'bb', ...done })).toContain('\nTo take it back: lsp-wal redo')
})

it.each([
  ['a crash had cut the edit off half way', { files: [FILE], wasHalf: true }],
  ['the editor has shown nothing yet: there is nothing to take back', { files: [UNSEEN] }],
])('names no way back where %s', async (_title, done) => {
  const told = await undoneBy({ ...UNDONE, by: 'bb', ...done })
  expect(told).toContain('1 file written.')
  expect(told).not.toContain('To take it back')
})

it('tells which files the editor has not shown yet', async () => {
  expect(await undoneBy({ ...UNDONE, files: [UNSEEN] })).toContain(
    'changed  /p/a.ts  (not seen in the editor yet: look, and save it there)',
  )
})

it.each([
  ['nothing', null],
  ['a list', []],
  ['too little', { files: [], left: [] }],
  ['a file that is none', { ...UNDONE, files: [null] }],
  ['a path that is none', { ...UNDONE, files: [{ ...FILE, path: 5 }] }],
  ['an end that no file has', { ...UNDONE, files: [{ ...FILE, where: 'elsewhere' }] }],
  ['lines that are none', { ...UNDONE, left: [{ path: '/p', reason: '', hunks: [{ line: 1, base: 5 }] }] }],
])('takes no answer that is none: %s', async (_title, answer) => {
  expect(await undoneBy(answer)).toBe('JournalError: Neovim did not say what became of it; see: lsp-wal log')
})

const RECOVERED = { id: id('aa'), label: 'Rename', what: 'finish', files: [], left: [] }
const recoveredBy = (answer: unknown) => answeredBy(recover, answer)

it('tells what the session of an editor has recovered, and obeys nothing in it', async () => {
  const file = { path: '/p/a\u001b[2J.ts', change: 'created', where: 'disk' }
  const recovered = [{ ...RECOVERED, label: 'x\u001b[2J', files: [file], back: `${id('aa')}\u001b` }]
  const out = await recoveredBy({ kind: 'done', recovered })
  expect(out).toMatch(
    /^Finished: aa000000 "x.*": 1 file written\.\n {2}created {2}\/p\/a.*\.ts\nTo take it back/,
  )
  expect(out).not.toContain('\u001b')
})

it.each([
  ['nothing', null],
  ['no kind', {}],
  ['no list', { kind: 'done', recovered: {} }],
  ['an end that is none', { kind: 'done', recovered: [{ ...RECOVERED, what: 'other' }] }],
  ['a file that is none', { kind: 'done', recovered: [{ ...RECOVERED, files: [{ path: 5 }] }] }],
  ['a reason that is none', { kind: 'done', recovered: [{ ...RECOVERED, reason: 5 }] }],
  ['ids that are none', { kind: 'ambiguous', ids: [5] }],
])('takes no answer to a recovery that is none: %s', async (_title, answer) => {
  expect(await recoveredBy(answer)).toBe(
    'JournalError: Neovim did not say what became of it; see: lsp-wal log',
  )
})
