import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { undo } from '../../server/cli/undo.ts'
import { id, replacing, Workplace } from './workplace.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const UNDONE = { direction: 'undo', id: id('aa'), label: 'Rename', by: null, files: [], left: [] }
const FILE = { path: '/p/a.ts', change: 'changed', where: 'buffer', merged: false }

/** What the command says where a session that runs answers its order so. */
async function undoneBy(answer: unknown): Promise<string> {
  await place.session(async (scribe) => {
    await scribe.landed(id('aa'), { 'a.ts': replacing('note\n', 'note', 'memo') })
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
    return await place.run(undo).then(
      ({ out }) => out,
      (error: Error) => `${error.name}: ${error.message}`,
    )
  } finally {
    await new Promise((closed) => server.close(closed))
  }
}

it('tells what the session of an editor did', async () => {
  expect(await undoneBy({ ...UNDONE, files: [FILE] })).toContain(
    'changed  /p/a.ts  (in the editor: save it there)',
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
