import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ApplyWorkspaceEditResult, WorkspaceEdit } from 'vscode-languageserver-protocol/node'
import type { FixtureOptions } from './fixture-server.ts'
import { bundle, Project, replace, span, startOn } from './workbench.ts'

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
})
afterEach(() => project.dispose())

interface Row {
  readonly title: string
  readonly files: Readonly<Record<string, string>>
  /** Opened before, in this order. */
  readonly open?: readonly string[]
  /** Written with names for URIs: `a.ts` stands for the file's URI. */
  readonly edit: WorkspaceEdit
  readonly answer?: Partial<ApplyWorkspaceEditResult>
  /** On disk after the edit's own saves. */
  readonly after: Readonly<Record<string, string>>
  /** The server's idea of the open documents, where the row is about that. */
  readonly texts?: Readonly<Record<string, string>>
  readonly capabilities?: FixtureOptions['capabilities']
}

/** Applies the edit of a row through a server, and looks at the answer, the disk and the server's mirror. */
async function expectRow(row: Row): Promise<void> {
  project.write(row.files)
  const client = await startOn(project, server, row.capabilities && { capabilities: row.capabilities }, {
    positionEncodings: ['utf-8', 'utf-16', 'utf-32'],
  })
  try {
    for (const name of row.open ?? []) await client.open(project.path(name))
    const answer = await client.executeCommand('edit', [located(row.edit)])
    expect(answer).toEqual(row.answer ?? { applied: true })
    expect(project.read()).toEqual(row.after)
    const texts = (await client.executeCommand('texts')) as Record<string, string>
    const buffers = client.documents.map(({ uri, text }) => [uri, text])
    expect(texts).toEqual(Object.fromEntries(buffers))
    if (row.texts !== undefined) {
      const entries = Object.entries(row.texts).map(([name, text]) => [project.uri(name), text])
      expect(texts).toEqual(Object.fromEntries(entries))
    }
  } finally {
    await client.shutdown()
  }
}

/** Puts URIs for the names of files, and paths into what a failure says. */
function located(edit: WorkspaceEdit): WorkspaceEdit {
  const uri = (name: string) => (name.includes(':') ? name : project.uri(name))
  return {
    ...(edit.changes && {
      changes: Object.fromEntries(Object.entries(edit.changes).map(([name, edits]) => [uri(name), edits])),
    }),
    ...(edit.documentChanges && {
      documentChanges: edit.documentChanges.map((change) => {
        if (!('kind' in change)) {
          return { ...change, textDocument: { ...change.textDocument, uri: uri(change.textDocument.uri) } }
        }
        if (change.kind !== 'rename') return { ...change, uri: uri(change.uri) }
        return { ...change, oldUri: uri(change.oldUri), newUri: uri(change.newUri) }
      }),
    }),
  }
}

const text = (name: string, version: number | null, ...edits: ReturnType<typeof replace>[]) => ({
  textDocument: { uri: name, version },
  edits,
})

const refused = (failedChange: number, reason: RegExp): Partial<ApplyWorkspaceEditResult> => ({
  applied: false,
  failedChange,
  failureReason: expect.stringMatching(reason),
})

describe('text edits', () => {
  test.each<Row>([
    {
      title: 'reach open and unopened files alike',
      files: { 'a.ts': 'let foo = 1\n', 'b.ts': 'foo\nfoo\n', 'c.ts': 'untouched foo\n' },
      open: ['a.ts', 'c.ts'],
      edit: {
        changes: {
          'a.ts': [replace(0, 4, 7, 'sum')],
          'b.ts': [replace(0, 0, 3, 'sum'), replace(1, 0, 3, 'sum')],
        },
      },
      after: { 'a.ts': 'let sum = 1\n', 'b.ts': 'sum\nsum\n', 'c.ts': 'untouched foo\n' },
      texts: { 'a.ts': 'let sum = 1\n', 'b.ts': 'sum\nsum\n', 'c.ts': 'untouched foo\n' },
    },
    {
      title: 'all refer to the text before the first of them, in whatever order they stand',
      files: { 'a.ts': 'one two three\n' },
      edit: { changes: { 'a.ts': [replace(0, 8, 13, '3'), replace(0, 0, 3, '1'), replace(0, 4, 7, '2')] } },
      after: { 'a.ts': '1 2 3\n' },
    },
    {
      title: 'insert at one place in the order given, before what is replaced there',
      files: { 'a.ts': 'xyz\n' },
      edit: { changes: { 'a.ts': [replace(0, 1, 1, 'A'), replace(0, 1, 1, 'B'), replace(0, 1, 2, 'C')] } },
      after: { 'a.ts': 'xABCz\n' },
    },
    {
      title: 'count UTF-16 units by default',
      files: { 'a.ts': '\xf0\x9f\x98\x80\xc3\xa9 foo\n' }, // 😀é foo
      edit: { changes: { 'a.ts': [replace(0, 4, 7, 'sum')] } },
      after: { 'a.ts': '\xf0\x9f\x98\x80\xc3\xa9 sum\n' },
    },
    {
      title: 'count bytes where utf-8 is agreed on',
      files: { 'a.ts': '\xf0\x9f\x98\x80\xc3\xa9 foo foo\n' },
      open: ['a.ts'],
      capabilities: { positionEncoding: 'utf-8' },
      edit: { changes: { 'a.ts': [replace(0, 7, 10, 'sum'), replace(0, 11, 14, '\u{1F600}')] } },
      after: { 'a.ts': '\xf0\x9f\x98\x80\xc3\xa9 sum \xf0\x9f\x98\x80\n' },
    },
    {
      title: 'count characters where utf-32 is agreed on',
      files: { 'a.ts': '\xf0\x9f\x98\x80\xc3\xa9 foo\n' },
      capabilities: { positionEncoding: 'utf-32' },
      edit: { changes: { 'a.ts': [replace(0, 3, 6, 'sum')] } },
      after: { 'a.ts': '\xf0\x9f\x98\x80\xc3\xa9 sum\n' },
    },
    {
      title: 'clamp a position past the end of its line, and one past the end of the text',
      files: { 'a.ts': 'ab\r\ncd' },
      edit: { changes: { 'a.ts': [replace(0, 99, 99, '!'), { range: span(9, 0, 9, 9), newText: '?' }] } },
      after: { 'a.ts': 'ab!\r\ncd?' },
    },
    {
      title: 'leave CRLF as it is, and LF in what is inserted',
      files: { 'a.ts': 'one\r\ntwo\r\nthree' },
      open: ['a.ts'],
      edit: { changes: { 'a.ts': [{ range: span(0, 3, 1, 0), newText: '\n' }, replace(2, 0, 5, '3')] } },
      after: { 'a.ts': 'one\ntwo\r\n3' },
    },
    {
      title: 'keep a BOM on disk and out of the text',
      files: { 'a.ts': '\xef\xbb\xbffoo\r\n' },
      edit: { changes: { 'a.ts': [replace(0, 0, 3, 'sum')] } },
      after: { 'a.ts': '\xef\xbb\xbfsum\r\n' },
      texts: { 'a.ts': 'sum\r\n' },
    },
    {
      title: 'start a buffer for a file that does not exist',
      files: {},
      edit: { changes: { 'new/a.ts': [replace(0, 0, 0, 'made\n')] } },
      after: { 'new/a.ts': 'made\n' },
    },
    {
      title: 'come from documentChanges where an edit has both forms',
      files: { 'a.ts': 'foo\n' },
      edit: {
        changes: { 'a.ts': [replace(0, 0, 3, 'changes')] },
        documentChanges: [text('a.ts', null, replace(0, 0, 3, 'documentChanges'))],
      },
      after: { 'a.ts': 'documentChanges\n' },
    },
    {
      title: 'with an annotation need no confirmation',
      files: { 'a.ts': 'foo\n' },
      edit: {
        documentChanges: [
          {
            textDocument: { uri: 'a.ts', version: null },
            edits: [{ ...replace(0, 0, 3, 'sum'), annotationId: 'x' }],
          },
        ],
        changeAnnotations: { x: { label: 'careful', needsConfirmation: true } },
      },
      after: { 'a.ts': 'sum\n' },
    },
  ])('$title', expectRow)

  test.each<Row>([
    {
      title: 'several in one document',
      files: { 'a.ts': 'foo\r\nfoo foo\r\n' },
      edit: {
        changes: { 'a.ts': [replace(0, 0, 3, 'longer\n'), replace(1, 0, 3, ''), replace(1, 4, 7, 'x')] },
      },
      after: { 'a.ts': 'longer\n\r\n x\r\n' },
    },
    {
      title: 'insertions at one place',
      files: { 'a.ts': 'xyz\n' },
      edit: { changes: { 'a.ts': [replace(0, 1, 1, 'A'), replace(0, 1, 1, 'B'), replace(0, 1, 2, 'C')] } },
      after: { 'a.ts': 'xABCz\n' },
    },
    {
      title: 'an LF behind a CR that was a line break of its own',
      files: { 'a.ts': 'a\rb\r\nc' },
      edit: { changes: { 'a.ts': [{ range: span(0, 0, 1, 0), newText: 'X' }, replace(1, 0, 0, '\n')] } },
      after: { 'a.ts': 'X\nb\r\nc' },
    },
    {
      title: 'positions past the end',
      files: { 'a.ts': 'ab\ncd' },
      edit: { changes: { 'a.ts': [replace(0, 9, 9, '!'), { range: span(1, 0, 7, 0), newText: 'e' }] } },
      after: { 'a.ts': 'ab!\ne' },
    },
  ])('are mirrored by a server that takes incremental changes: $title', async (row) => {
    for (const positionEncoding of ['utf-8', 'utf-16', 'utf-32']) {
      const textDocumentSync = { openClose: true, change: 2 as const }
      await expectRow({ ...row, open: ['a.ts'], capabilities: { textDocumentSync, positionEncoding } })
    }
  })

  test.each<Row>([
    {
      title: 'for a version that the document no longer has; what came before stays in its buffer, unsaved',
      files: { 'a.ts': 'foo\n', 'b.ts': 'foo\n', 'c.ts': 'foo\n' },
      open: ['b.ts'],
      edit: {
        documentChanges: [
          text('a.ts', null, replace(0, 0, 3, 'sum')),
          text('b.ts', 7, replace(0, 0, 3, 'sum')),
          text('c.ts', null, replace(0, 0, 3, 'sum')),
        ],
      },
      answer: refused(1, /^the edit is for version 7 of .*b\.ts, which is at 1$/),
      after: { 'a.ts': 'foo\n', 'b.ts': 'foo\n', 'c.ts': 'foo\n' },
      texts: { 'a.ts': 'sum\n', 'b.ts': 'foo\n' },
    },
    {
      title: 'that overlap',
      files: { 'a.ts': 'foo bar\n' },
      edit: { changes: { 'a.ts': [replace(0, 0, 5, 'x'), replace(0, 4, 7, 'y')] } },
      answer: refused(0, /^overlapping edits of .*a\.ts$/),
      after: { 'a.ts': 'foo bar\n' },
    },
    {
      title: 'that are snippets',
      files: { 'a.ts': 'foo\n' },
      edit: {
        documentChanges: [
          {
            textDocument: { uri: 'a.ts', version: null },
            edits: [{ range: span(0, 0, 0, 3), snippet: { kind: 'snippet', value: '$0' } }],
          },
        ],
      },
      answer: refused(0, /^a snippet edit of .*a\.ts/),
      after: { 'a.ts': 'foo\n' },
    },
    {
      title: 'of a file that is not UTF-8',
      files: { 'a.ts': 'caf\xe9\n' },
      edit: { changes: { 'a.ts': [replace(0, 0, 1, 'C')] } },
      answer: refused(0, /^cannot open .*a\.ts: it is not UTF-8$/),
      after: { 'a.ts': 'caf\xe9\n' },
    },
    {
      title: 'of what is not a file',
      files: {},
      edit: { changes: { 'untitled:Untitled-1': [replace(0, 0, 0, 'x')] } },
      answer: refused(0, /^untitled:Untitled-1 is not a file$/),
      after: {},
    },
  ])('are refused $title', expectRow)

  test('for the version that the document had when the edit came are taken twice', () =>
    expectRow({
      title: '',
      files: { 'a.ts': 'foo\n' },
      open: ['a.ts'],
      edit: {
        documentChanges: [text('a.ts', 1, replace(0, 0, 3, 'sum')), text('a.ts', 1, replace(0, 0, 0, '// '))],
      },
      after: { 'a.ts': '// sum\n' },
    }))

  test('for version 0 of a file that is not open are taken: gopls sends them', () =>
    expectRow({
      title: '',
      files: { 'a.go': 'foo\n' },
      edit: { documentChanges: [text('a.go', 0, replace(0, 0, 3, 'sum'))] },
      after: { 'a.go': 'sum\n' },
    }))
})

test.each(['a%20b%2B%28%C3%A9%29', 'a%20b+(%c3%a9)', 'a b+(é)'])(
  'knows an open document by a URI spelt %s',
  async (name) => {
    project.write({ 'a b+(é).ts': 'foo\n' })
    const client = await startOn(project, server)
    await client.open(project.path('a b+(é).ts'))
    const edit = { changes: { [`${project.uri('')}/${name}.ts`]: [replace(0, 0, 3, 'sum')] } }
    expect(await client.executeCommand('edit', [edit])).toEqual({ applied: true })
    expect(client.documents).toHaveLength(1)
    await client.shutdown()
    expect(project.read()).toEqual({ 'a b+(é).ts': 'sum\n' })
  },
)

describe('file operations', () => {
  test.each<Row>([
    {
      title: 'create an empty file, its folders, and then its text',
      files: {},
      edit: {
        documentChanges: [
          { kind: 'create', uri: 'x/y/a.ts' },
          text('x/y/a.ts', null, replace(0, 0, 0, 'hi\n')),
        ],
      },
      after: { 'x/y/a.ts': 'hi\n' },
    },
    {
      title: 'do not create what exists',
      files: { 'a.ts': 'old\n' },
      edit: { documentChanges: [{ kind: 'create', uri: 'a.ts' }] },
      answer: refused(0, /^cannot create .*a\.ts: it exists$/),
      after: { 'a.ts': 'old\n' },
    },
    {
      title: 'leave what exists with ignoreIfExists',
      files: { 'a.ts': 'old\n' },
      edit: { documentChanges: [{ kind: 'create', uri: 'a.ts', options: { ignoreIfExists: true } }] },
      after: { 'a.ts': 'old\n' },
    },
    {
      title: 'empty what exists with overwrite, which wins over ignoreIfExists',
      files: { 'a.ts': '\xef\xbb\xbfold\n' },
      open: ['a.ts'],
      edit: {
        documentChanges: [
          { kind: 'create', uri: 'a.ts', options: { overwrite: true, ignoreIfExists: true } },
          text('a.ts', null, replace(0, 0, 0, 'new\n')),
        ],
      },
      after: { 'a.ts': 'new\n' },
      texts: { 'a.ts': 'new\n' },
    },
    {
      title: 'rename a file whose text was edited before, and edit it after',
      files: { 'a.ts': 'foo bar\n' },
      open: ['a.ts'],
      edit: {
        documentChanges: [
          text('a.ts', 1, replace(0, 0, 3, 'sum')),
          { kind: 'rename', oldUri: 'a.ts', newUri: 'lib/b.ts' },
          text('lib/b.ts', null, replace(0, 4, 7, 'baz')),
        ],
      },
      after: { 'lib/b.ts': 'sum baz\n' },
      texts: { 'lib/b.ts': 'sum baz\n' },
    },
    {
      title: 'rename a folder, with the documents below it',
      files: { 'old/a.ts': 'foo\n', 'old/deep/b.ts': 'foo\n', 'older/c.ts': 'foo\n' },
      open: ['older/c.ts'],
      edit: {
        documentChanges: [
          text('old/deep/b.ts', null, replace(0, 0, 3, 'sum')),
          { kind: 'rename', oldUri: 'old', newUri: 'new' },
        ],
      },
      after: { 'new/a.ts': 'foo\n', 'new/deep/b.ts': 'sum\n', 'older/c.ts': 'foo\n' },
      texts: { 'older/c.ts': 'foo\n', 'new/deep/b.ts': 'sum\n' },
    },
    {
      title: 'do not rename onto what exists',
      files: { 'a.ts': 'a\n', 'b.ts': 'b\n' },
      edit: { documentChanges: [{ kind: 'rename', oldUri: 'a.ts', newUri: 'b.ts' }] },
      answer: refused(0, /^cannot rename .*a\.ts to .*b\.ts: the target exists$/),
      after: { 'a.ts': 'a\n', 'b.ts': 'b\n' },
    },
    {
      title: 'rename nothing onto what exists with ignoreIfExists',
      files: { 'a.ts': 'a\n', 'b.ts': 'b\n' },
      edit: {
        documentChanges: [
          { kind: 'rename', oldUri: 'a.ts', newUri: 'b.ts', options: { ignoreIfExists: true } },
        ],
      },
      after: { 'a.ts': 'a\n', 'b.ts': 'b\n' },
    },
    {
      title: 'replace the target with overwrite, and close its document',
      files: { 'a.ts': 'a\n', 'b.ts': 'b\n' },
      open: ['b.ts'],
      edit: {
        documentChanges: [
          text('b.ts', null, replace(0, 0, 1, 'lost')),
          { kind: 'rename', oldUri: 'a.ts', newUri: 'b.ts', options: { overwrite: true } },
        ],
      },
      after: { 'b.ts': 'a\n' },
      texts: {},
    },
    {
      title: 'replace a folder by a folder with overwrite',
      files: { 'a/x.ts': 'x\n', 'b/y.ts': 'y\n' },
      edit: { documentChanges: [{ kind: 'rename', oldUri: 'a', newUri: 'b', options: { overwrite: true } }] },
      after: { 'b/x.ts': 'x\n' },
    },
    {
      title: 'do not rename what is not there, and touch no target for it',
      files: { 'b.ts': 'b\n' },
      edit: {
        documentChanges: [{ kind: 'rename', oldUri: 'a.ts', newUri: 'b.ts', options: { overwrite: true } }],
      },
      answer: refused(0, /^cannot rename .*a\.ts: it does not exist$/),
      after: { 'b.ts': 'b\n' },
    },
    {
      title: 'delete a file, and close its document',
      files: { 'a.ts': 'a\n', 'b.ts': 'b\n' },
      open: ['a.ts', 'b.ts'],
      edit: { documentChanges: [text('a.ts', 1, replace(0, 0, 1, 'x')), { kind: 'delete', uri: 'a.ts' }] },
      after: { 'b.ts': 'b\n' },
      texts: { 'b.ts': 'b\n' },
    },
    {
      title: 'do not delete what is not there',
      files: {},
      edit: { documentChanges: [{ kind: 'delete', uri: 'a.ts' }] },
      answer: refused(0, /^cannot delete .*a\.ts: it does not exist$/),
      after: {},
    },
    {
      title: 'pass over what is not there with ignoreIfNotExists',
      files: {},
      edit: { documentChanges: [{ kind: 'delete', uri: 'a.ts', options: { ignoreIfNotExists: true } }] },
      after: {},
    },
    {
      title: 'delete a folder and all in it only with recursive',
      files: { 'keep/a.ts': 'a\n', 'drop/a.ts': 'a\n' },
      edit: {
        documentChanges: [
          { kind: 'delete', uri: 'drop', options: { recursive: true } },
          { kind: 'delete', uri: 'keep' },
        ],
      },
      answer: refused(1, /ENOTEMPTY.*keep/),
      after: { 'keep/a.ts': 'a\n' },
    },
    {
      title: 'stay done when a later change fails',
      files: { 'a.ts': 'a\n', 'c.ts': 'c\n' },
      edit: {
        documentChanges: [
          { kind: 'rename', oldUri: 'a.ts', newUri: 'b.ts' },
          { kind: 'delete', uri: 'missing.ts' },
          { kind: 'delete', uri: 'c.ts' },
        ],
      },
      answer: refused(1, /missing\.ts/),
      after: { 'b.ts': 'a\n', 'c.ts': 'c\n' },
    },
  ])('$title', expectRow)
})
