import { EventEmitter, once } from 'node:events'
import { existsSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CodeAction, WorkspaceEdit } from 'vscode-languageserver-protocol/node'
import type { Answer } from '../../client-shim/request/answer.ts'
import type { Request, Want } from '../../client-shim/request/request.ts'
import { parseRequest } from '../../client-shim/request/request.ts'
import { runRequest } from '../../client-shim/request/run-request.ts'
import type { FixtureOptions } from './fixture-server.ts'
import { bundle, Project, replace, span } from './workbench.ts'

let bundles: Project
let server: string
let project: Project

beforeAll(async () => {
  bundles = new Project()
  ;[server = ''] = await bundle(bundles.root, 'test/client-shim/fixture-server.ts')
})
afterAll(() => bundles.dispose())
beforeEach(() => {
  project = new Project()
  project.write(FILES)
})
afterEach(() => project.dispose())

const FILES = { 'a.txt': 'let old = 1\nold()\n', 'b.txt': 'old\n' }
const NEVER = new Promise<undefined>(() => {})
const RENAME: Want = { what: 'rename', newName: 'new' }

const inA = (): WorkspaceEdit => ({ changes: { [project.uri('a.txt')]: [replace(0, 4, 7, 'new')] } })
const inBoth = (): WorkspaceEdit => ({
  changes: { ...inA().changes, [project.uri('b.txt')]: [replace(0, 0, 3, 'new')] },
})

async function ask(
  want: Want,
  fixture: FixtureOptions,
  more: Partial<Request> = {},
): Promise<{ answer: Answer | undefined; said: string[] }> {
  const said: string[] = []
  const request: Request = {
    folders: [project.root],
    path: project.path('a.txt'),
    start: { line: 1, column: 5 },
    timeoutMs: 20_000,
    settleMs: 700,
    initializationOptions: {
      ...fixture,
      capabilities: { renameProvider: true, codeActionProvider: true, ...fixture.capabilities },
    },
    want,
    ...more,
  }
  const command: [string, ...string[]] = [process.execPath, server, '--stdio']
  const answer = await runRequest(request, { command }, NEVER, (text) => said.push(text))
  return { answer, said }
}

/** The files that an edit names, without the place where they are. */
const filesIn = (answer: Answer | undefined) =>
  answer?.answer === 'edit'
    ? (answer.edit.documentChanges ?? []).map((change) =>
        'kind' in change ? change.kind : change.textDocument.uri.split('/').at(-1),
      )
    : answer

describe('a rename', () => {
  test('is handed over with what it refers to, and nothing is written', async () => {
    const { answer } = await ask(RENAME, { renames: [inBoth()] })
    expect(answer).toEqual({
      answer: 'edit',
      server: expect.stringMatching(/^node/),
      label: 'Rename `old` → `new`',
      encoding: 'utf-16',
      edit: {
        documentChanges: [
          { textDocument: { uri: project.uri('a.txt'), version: null }, edits: [replace(0, 4, 7, 'new')] },
          { textDocument: { uri: project.uri('b.txt'), version: null }, edits: [replace(0, 0, 3, 'new')] },
        ],
      },
      texts: [{ uri: project.uri('a.txt'), text: FILES['a.txt'] }],
    })
    expect(project.read()).toEqual(FILES)
  })

  test('is asked for when the server says that it has loaded everything', async () => {
    const { answer, said } = await ask(RENAME, { loadsMs: 600, whileLoading: inA(), renames: [inBoth()] })
    expect(filesIn(answer)).toEqual(['a.txt', 'b.txt'])
    expect(said[0]).toBe('Loading 0%')
  })

  test.each<[string, () => FixtureOptions['renames']]>([
    ['grows', () => [inA(), inBoth()]],
    ['is none at first', () => [null, inBoth()]],
    [
      'is refused while the content changes',
      () => [{ refuse: { code: -32801, message: 'modified' } }, inBoth()],
    ],
    ['is refused for another reason at first', () => [{ refuse: { code: 1, message: 'wait' } }, inBoth()]],
  ])('of a server that says nothing of its work is asked for again where it %s', async (_, renames) => {
    expect(filesIn((await ask(RENAME, { renames: renames()! })).answer)).toEqual(['a.txt', 'b.txt'])
  })

  test('is asked for until it covers the files that are wanted', async () => {
    const many = [...Array.from({ length: 12 }, () => inA()), inBoth()]
    const want: Want = { ...RENAME, files: 2 }
    expect(filesIn((await ask(want, { renames: many })).answer)).toEqual(['a.txt', 'b.txt'])
    expect((await ask(want, { renames: [inA()] }, { timeoutMs: 3_000 })).answer).toEqual({
      answer: 'refused',
      reason: expect.stringContaining('a rename in 2 files'),
    })
  })

  test('is called after what the server says that is renamed', async () => {
    const capabilities = { renameProvider: { prepareProvider: true } }
    for (const [prepared, name] of [
      [{ range: span(0, 4, 0, 7), placeholder: 'older' }, 'older'],
      [span(0, 0, 0, 3), 'let'],
      [{ defaultBehavior: true }, 'old'],
    ] as const) {
      const { answer } = await ask(RENAME, { capabilities, prepared, renames: [inA()] })
      expect(answer).toMatchObject({ label: `Rename \`${name}\` → \`new\`` })
    }
  })

  test.each<[string, FixtureOptions, string]>([
    ['nothing is there', { renames: [null] }, 'has nothing to rename at'],
    [
      'it says no beforehand',
      { capabilities: { renameProvider: { prepareProvider: true } }, prepared: null },
      'nothing to rename',
    ],
    ['it says why', { renames: [{ refuse: { code: 1, message: 'it is a keyword' } }] }, ': it is a keyword'],
    ['it renames nothing at all', { capabilities: { renameProvider: false } }, 'renames nothing'],
  ])('is refused where %s', async (_, fixture, reason) => {
    expect((await ask(RENAME, fixture)).answer).toEqual({
      answer: 'refused',
      reason: expect.stringContaining(reason),
    })
  })

  test('counts columns in bytes, whatever the server counts', async () => {
    project.write({ 'a.txt': 'x\r\n\xe6\xbc\xa2\xf0\x9f\x98\x80 old\r\n' })
    const at = (column: number) => ({ start: { line: 2, column } })
    const label = async (column: number) => (await ask(RENAME, { renames: [inA()] }, at(column))).answer
    expect(await label(9)).toMatchObject({ label: 'Rename `old` → `new`' })
    expect(await label(12)).toMatchObject({ label: 'Rename `old` → `new`' })
    expect(await label(13)).toMatchObject({
      answer: 'usage',
      reason: expect.stringContaining('has 11 bytes'),
    })
  })

  test('asks for a place that is there', async () => {
    for (const [start, reason] of [
      [{ line: 3, column: 1 }, 'a.txt has 2 lines: there is no line 3'],
      [{ line: 2, column: 7 }, 'line 2 of'],
    ] as const)
      expect((await ask(RENAME, {}, { start })).answer).toEqual({
        answer: 'usage',
        reason: expect.stringContaining(reason),
      })
  })
})

describe('a code action', () => {
  const ACTIONS = (): CodeAction[] => [
    { title: 'Rewrite it', kind: 'refactor.rewrite.it', edit: inA(), isPreferred: true },
    { title: 'Rewrite that', kind: 'refactor.rewrite.that', disabled: { reason: 'it is not that' } },
    {
      title: 'Step by step',
      kind: 'refactor.steps',
      edit: inA(),
      command: {
        title: '',
        command: 'edit step by step',
        arguments: [
          [
            {
              documentChanges: [
                {
                  textDocument: { uri: project.uri('a.txt'), version: 2 },
                  edits: [replace(0, 4, 7, 'newer')],
                },
              ],
            },
            {
              documentChanges: [
                { kind: 'rename', oldUri: project.uri('b.txt'), newUri: project.uri('c.txt') },
              ],
            },
            { changes: { [project.uri('c.txt')]: [replace(0, 3, 3, '!')] } },
          ],
        ],
      },
    },
    { title: 'Nothing', command: { title: '', command: 'asked' } },
    { title: 'No way', command: { title: '', command: 'no such command' } },
  ]
  const fixture = (): FixtureOptions => ({
    actions: ACTIONS(),
    capabilities: { executeCommandProvider: { commands: [] } },
  })

  test('is listed', async () => {
    const { answer } = await ask({ what: 'actions', kind: 'refactor.rewrite' }, fixture())
    expect(answer).toEqual({
      answer: 'actions',
      server: expect.any(String),
      actions: [
        { title: 'Rewrite it', kind: 'refactor.rewrite.it', preferred: true },
        {
          title: 'Rewrite that',
          kind: 'refactor.rewrite.that',
          preferred: false,
          disabled: 'it is not that',
        },
      ],
    })
  })

  test('is handed over by its kind, those that cannot be run left aside', async () => {
    const { answer } = await ask({ what: 'action', kind: 'refactor.rewrite' }, fixture())
    expect(answer).toMatchObject({ answer: 'edit', label: 'Rewrite it' })
    expect(filesIn(answer)).toEqual(['a.txt'])
    expect(project.read()).toEqual(FILES)
  })

  test('of several edits, each on what the one before left, is one edit, and nothing is written', async () => {
    const { answer } = await ask({ what: 'action', title: 'Step by step' }, fixture())
    expect(filesIn(answer)).toEqual(['a.txt', 'a.txt', 'rename', 'c.txt'])
    expect(project.read()).toEqual(FILES)
  })

  test('is not handed over where its server meant another text', async () => {
    const command = {
      title: '',
      command: 'edit step by step',
      arguments: [
        [{ documentChanges: [{ textDocument: { uri: project.uri('a.txt'), version: 7 }, edits: [] }] }],
      ],
    }
    const { answer } = await ask(
      { what: 'action', title: 'Old' },
      { ...fixture(), actions: [{ title: 'Old', command }] },
    )
    expect(answer).toEqual({
      answer: 'refused',
      reason: expect.stringContaining('the edit is for version 7'),
    })
  })

  test.each<[string, Want, object]>([
    [
      'none is',
      { what: 'action', title: 'Rewrite' },
      { answer: 'choose', reason: 'no such code action is offered there' },
    ],
    [
      'several are',
      { what: 'action', title: /^[NS]/ as never },
      { answer: 'choose', reason: 'more than one code action is meant' },
    ],
    [
      'it cannot be run',
      { what: 'action', title: 'Rewrite that' },
      { answer: 'choose', reason: 'it cannot be run there: it is not that' },
    ],
    [
      'nothing comes of it',
      { what: 'action', title: 'Nothing' },
      { answer: 'refused', reason: expect.stringContaining('sent no edit') },
    ],
    [
      'it fails',
      { what: 'action', title: 'No way' },
      { answer: 'refused', reason: expect.stringContaining('no command no such command') },
    ],
  ])('is told where %s', async (_, want, expected) => {
    expect((await ask(want, fixture())).answer).toMatchObject(expected)
  })

  test('takes back the empty file that its server makes for its edit', async () => {
    project.write({ 'mine.txt': '' })
    const edit = {
      changes: {
        [project.uri('made.txt')]: [replace(0, 0, 0, 'x')],
        [project.uri('mine.txt')]: [replace(0, 0, 0, 'x')],
      },
    }
    const command = { title: '', command: 'make and edit', arguments: [edit, project.path('made.txt')] }
    const { answer } = await ask(
      { what: 'action', title: 'Make' },
      { ...fixture(), actions: [{ title: 'Make', command }] },
    )
    expect(filesIn(answer)).toEqual(['create', 'made.txt', 'mine.txt'])
    expect(answer).toMatchObject({
      texts: [{ uri: project.uri('a.txt') }, { uri: project.uri('mine.txt'), text: '' }],
    })
    expect(existsSync(project.path('made.txt'))).toBe(false)
    expect(existsSync(project.path('mine.txt'))).toBe(true)
  })
})

test('says what a server that is gone said last', async () => {
  const command: [string, ...string[]] = [
    process.execPath,
    '-e',
    'console.error("no licence"); process.exit(3)',
  ]
  const request: Request = {
    folders: [project.root],
    path: project.path('a.txt'),
    timeoutMs: 20_000,
    settleMs: 700,
    want: RENAME,
  }
  const answer = await runRequest(request, { command }, NEVER, () => {})
  expect(answer).toEqual({ answer: 'refused', reason: expect.stringMatching(/status 3[\s\S]*no licence/) })
})

test('ends the server when nobody waits for the answer any more', async () => {
  const request: Request = {
    folders: [project.root],
    path: project.path('a.txt'),
    timeoutMs: 20_000,
    settleMs: 700,
    want: RENAME,
    initializationOptions: { loadsMs: 60_000, capabilities: { renameProvider: true } },
  }
  const command: [string, ...string[]] = [process.execPath, server, '--stdio']
  const { promise: gone, leave } = departure()
  expect(await runRequest(request, { command }, gone, leave)).toBeUndefined()
})

test.each([
  ['{', 'the request is not JSON'],
  ['{"path":"a","timeoutMs":1,"settleMs":1}', 'want is missing'],
  ['{"path":"a","timeoutMs":1,"settleMs":1,"want":{"what":"dance"}}', 'expected rename, actions or action'],
  [
    '{"path":"a","timeoutMs":1,"settleMs":1,"want":{"what":"actions"},"start":{"line":0,"column":1}}',
    'lines and columns from 1',
  ],
  ['{"path":"a","timeoutMs":1,"settleMs":1,"want":{"what":"actions"},"more":1}', 'nothing is called more'],
])('takes no request such as %s', (json, message) => {
  expect(() => parseRequest(json, '/')).toThrow(message)
})

/** A promise, and what has it come true. */
function departure(): { readonly promise: Promise<undefined>; readonly leave: () => void } {
  const departed = new EventEmitter()
  const promise = once(departed, 'leave').then(() => undefined)
  return { promise, leave: () => departed.emit('leave') }
}
