import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { modules, ownCommand } from './npm.ts'
import { PATIENCE_MS } from './wrapped-server.ts'

const OPTIONS = {
  tsserver: { path: join(modules, 'typescript-5', 'lib', 'tsserver.js'), useSyntaxServer: 'never' },
  disableAutomaticTypingAcquisition: true,
}
const SERVER = [ownCommand('typescript-language-server'), '--stdio']

const PROJECT = {
  'tsconfig.json':
    '{ "compilerOptions": { "strict": true, "module": "esnext", "moduleResolution": "bundler", "types": [] }, "include": ["src"] }\n',
  'src/note.ts': 'export function note(text: string) {\n  return text\n}\n\n// The end.\n',
  'src/desk.ts': "import { note } from './note'\r\n\r\nexport const desk = note('desk')\r\n",
  'src/shelf.ts': "import { note } from './note'\n\nexport const shelf = note('🧱') + note('b')",
  'src/old/attic.ts': "import { note } from '../note'\n\nexport const attic = note('attic')\n",
  'src/old/deep/box.ts': 'export const box = 1\n',
}

/** What somebody types in a fresh project, one command after the other, with every byte looked at in between. */
class Terminal {
  readonly stage: Stage

  constructor(stage: Stage) {
    this.stage = stage
  }

  async types(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.stage.lspWal(...args)
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' })
    return stdout
  }

  /** Renames a symbol by the server; gives the id of the edit. */
  async renames(place: string, name: string): Promise<string> {
    await this.types('rename', '--init', JSON.stringify(OPTIONS), place, name, '--', ...SERVER)
    return this.newest()
  }

  async newest(): Promise<string> {
    return (JSON.parse(await this.types('log', '-n', '1', '--json')) as { id: string }[])[0]!.id
  }

  changes(name: string, from: string, to: string): void {
    const now = this.stage.files()[name]!
    expect(now).toContain(from)
    writeFileSync(this.stage.path(name), now.replace(from, to), 'latin1')
  }

  git(...args: string[]): string {
    const { workspace } = this.stage
    return execFileSync('git', ['-c', 'core.autocrlf=false', '-c', 'core.safecrlf=false', ...args], {
      cwd: workspace,
      encoding: 'utf8',
    })
  }
}

/** What the files hold, each edit of a word by hand. */
const renamed = (files: Readonly<Record<string, string>>, from: RegExp, to: string) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replace(from, to)]))

test('a day with refactorings, and what was taken back of it', { timeout: 4 * PATIENCE_MS }, async () => {
  using stage = new Stage(PROJECT)
  const terminal = new Terminal(stage)
  const fresh = stage.files()

  // A rename, in every file of the project.
  const rename = await terminal.renames('src/note.ts:1:17', 'memo')
  const asMemo = renamed(fresh, /\bnote(?=[(] | [}]|\()/g, 'memo')
  expect(stage.files()).toEqual(asMemo)
  expect(await terminal.types('log')).toContain('Rename `note` → `memo`')

  // More work on top, and another rename.
  terminal.changes('src/note.ts', '// The end.', '// To be continued.')
  terminal.changes('src/shelf.ts', "memo('b')", "memo('b', 2)")
  const second = await terminal.renames('src/desk.ts:3:14', 'table')
  const before = stage.files()

  // The first is undone, under all that came later.
  await terminal.types('undo', rename.slice(0, 6))
  expect(stage.files()).toEqual(renamed(before, /\bmemo\b/g, 'note'))
  await terminal.types('redo', rename.slice(0, 6))
  expect(stage.files()).toEqual(before)

  // A conflict: the very name was changed on in one file.
  terminal.changes('src/desk.ts', "memo('desk')", "memorandum('desk')")
  const torn = stage.files()
  const conflict = await stage.lspWal('undo', rename)
  expect(conflict.status).toBe(3)
  expect(conflict.stdout).toContain(
    'left alone  src/desk.ts: the same lines were changed since\n    line 3\n',
  )
  expect(stage.files()).toEqual({
    ...renamed(torn, /\bmemo\b/g, 'note'),
    'src/desk.ts': torn['src/desk.ts']!,
  })
  terminal.changes('src/desk.ts', "memorandum('desk')", "memo('desk')")
  await terminal.types('undo', '--file', 'src/desk.ts', rename)
  expect(stage.files()).toEqual(renamed(before, /\bmemo\b/g, 'note'))
  await terminal.types('redo', rename)
  expect(stage.files()).toEqual(before)
  await terminal.types('undo', second)
  expect(stage.files()).toEqual(renamed(before, /\btable\b/g, 'desk'))

  // A file is moved in an editor, its importers with it, and back.
  const here = stage.files()
  const client = await HeadlessClient.start({
    command: [...stage.wrapped([], SERVER)] as [string, ...string[]],
    folders: [stage.workspace],
    initializationOptions: OPTIONS,
  })
  try {
    await client.open(stage.path('src/desk.ts'))
    // The server answers for the whole project once it has loaded it.
    await client.rename(stage.path('src/desk.ts'), { line: 2, character: 13 }, 'desk', { files: 1 })
    await client.renameFile(stage.path('src/note.ts'), stage.path('src/paper/memo.ts'))
  } finally {
    await client.shutdown()
  }
  const moved = stage.files()
  expect(moved['src/paper/memo.ts']).toBe(here['src/note.ts'])
  expect(moved['src/note.ts']).toBeUndefined()
  expect(moved['src/old/attic.ts']).toContain("from '../paper/memo'")
  const move = (JSON.parse(await terminal.types('log', '--json')) as { id: string; label: string }[]).find(
    ({ label }) => label === 'Move `note.ts` → `memo.ts`',
  )!.id
  await terminal.types('undo', move)
  expect(stage.files()).toEqual(here)
  await terminal.types('redo', move)
  expect(stage.files()).toEqual(moved)

  // The same as patches, for git.
  terminal.git('init', '-q')
  terminal.git('add', '-A')
  writeFileSync(join(stage.folder, 'move.patch'), await terminal.types('export', move))
  terminal.git('apply', '-R', join(stage.folder, 'move.patch'))
  expect(withoutGit(stage.files())).toEqual(here)
  terminal.git('apply', join(stage.folder, 'move.patch'))
  expect(withoutGit(stage.files())).toEqual(moved)
  rmSync(stage.path('.git'), { recursive: true })

  // A folder is deleted by an edit of a server's, and comes back.
  const edit = {
    documentChanges: [{ kind: 'delete', uri: stage.uri('src/old'), options: { recursive: true } }],
  }
  const deleting = { executeCommand: { command: 'edit', arguments: [edit, 'Delete old'], edits: 1 } }
  expect((await stage.headless([], [deleting], stage.wrapped())).status).toBe(0)
  expect(Object.keys(stage.files()).filter((name) => name.startsWith('src/old'))).toEqual([])
  await terminal.types('undo')
  expect(stage.files()).toEqual(moved)
  expect(await terminal.types('verify')).toContain('sound')
})

function withoutGit(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith('.git')))
}
