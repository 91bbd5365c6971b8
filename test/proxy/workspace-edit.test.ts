import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromWorkspaceEdit } from '../../server/proxy/workspace-edit.ts'

const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
const at = (line: number) => ({ start: { line, character: 0 }, end: { line, character: 1 } })
const A = 'file:///p/a.ts'
const B = 'file:///p/b.ts'

const lowered = (edit: unknown) => {
  const { steps, inexact, unrecorded, count } = fromWorkspaceEdit(edit)
  return { steps, inexact: Object.fromEntries(inexact), unrecorded, count }
}
const documentEdit = (uri: string, ...edits: unknown[]) => ({ textDocument: { uri, version: 1 }, edits })

describe('text edits', () => {
  const edit = { range, newText: 'sum' }

  it.each<[string, object]>([
    ['changes', { changes: { [A]: [edit] } }],
    ['documentChanges', { documentChanges: [documentEdit(A, edit)] }],
    [
      'documentChanges, before changes',
      { changes: { [B]: [edit] }, documentChanges: [documentEdit(A, edit)] },
    ],
    ['changes where documentChanges is null', { documentChanges: null, changes: { [A]: [edit] } }],
    [
      'a version that is null',
      { documentChanges: [{ textDocument: { uri: A, version: null }, edits: [edit] }] },
    ],
    ['no version', { documentChanges: [{ textDocument: { uri: A }, edits: [edit] }] }],
    [
      'annotations',
      {
        documentChanges: [documentEdit(A, { ...edit, annotationId: 'rename' })],
        changeAnnotations: { rename: { label: 'Rename', needsConfirmation: true } },
      },
    ],
  ])('come out of %s', (_title, workspaceEdit) => {
    expect(lowered(workspaceEdit)).toEqual({
      steps: [{ kind: 'text', path: '/p/a.ts', edits: [edit] }],
      inexact: {},
      unrecorded: [],
      count: 1,
    })
  })

  it.each<[string, string, unknown, boolean]>([
    ['that needs it', 'rename', { needsConfirmation: true }, true],
    ['that needs none', 'rename', { label: 'Rename' }, false],
    ['that nothing points to', 'other', { needsConfirmation: true }, false],
    ['that is none', 'rename', null, false],
  ])('are the user’s to confirm by an annotation %s', (_title, id, annotation, isConfirmed) => {
    const edits = [{ ...edit, annotationId: id }]
    const changeAnnotations = { rename: annotation }
    const create = { kind: 'create', uri: B, annotationId: id }
    for (const change of [documentEdit(A, ...edits), create])
      expect(fromWorkspaceEdit({ documentChanges: [change], changeAnnotations }).isConfirmed).toBe(
        isConfirmed,
      )
  })

  it('keep their order, and are counted', () => {
    const edits = [
      { range: at(2), newText: 'c' },
      { range: at(0), newText: 'a' },
    ]
    expect(lowered({ changes: { [B]: edits, [A]: [edits[1]] } })).toEqual({
      steps: [
        { kind: 'text', path: '/p/b.ts', edits },
        { kind: 'text', path: '/p/a.ts', edits: [edits[1]] },
      ],
      inexact: {},
      unrecorded: [],
      count: 3,
    })
  })

  it('of one document twice are two steps, since the second finds what the first left', () => {
    const { steps } = lowered({ documentChanges: [documentEdit(A, edit), documentEdit(A, edit)] })
    expect(steps).toHaveLength(2)
  })

  it('are meant for the version that the first of them names, where one does', () => {
    const named = (uri: string, version: unknown) => ({ textDocument: { uri, version }, edits: [] })
    const { versions } = fromWorkspaceEdit({
      documentChanges: [
        named(A, 3),
        named(A, 4),
        named(B, null),
        named('file:///p/c.ts', 0),
        named('x:c', 1),
      ],
    })
    expect(Object.fromEntries(versions)).toEqual({ '/p/a.ts': 3, '/p/c.ts': 0 })
    expect(fromWorkspaceEdit({ changes: { [A]: [edit] } }).versions.size).toBe(0)
  })

  it('may be none', () => {
    expect(lowered({ documentChanges: [documentEdit(A)] }).steps).toEqual([
      { kind: 'text', path: '/p/a.ts', edits: [] },
    ])
  })
})

describe('file operations', () => {
  it.each<[string, object, object]>([
    [
      'create',
      { kind: 'create', uri: A },
      { kind: 'create', path: '/p/a.ts', overwrite: false, ignoreIfExists: false },
    ],
    [
      'create with one option',
      { kind: 'create', uri: A, options: { overwrite: true } },
      { kind: 'create', path: '/p/a.ts', overwrite: true, ignoreIfExists: false },
    ],
    [
      'create with the other option',
      { kind: 'create', uri: A, options: { ignoreIfExists: true } },
      { kind: 'create', path: '/p/a.ts', overwrite: false, ignoreIfExists: true },
    ],
    [
      'create with options',
      { kind: 'create', uri: A, options: { overwrite: true, ignoreIfExists: true } },
      { kind: 'create', path: '/p/a.ts', overwrite: true, ignoreIfExists: true },
    ],
    [
      'rename',
      { kind: 'rename', oldUri: A, newUri: 'file:///p/new/' },
      { kind: 'rename', from: '/p/a.ts', to: '/p/new', overwrite: false, ignoreIfExists: false },
    ],
    [
      'rename with options',
      {
        kind: 'rename',
        oldUri: A,
        newUri: B,
        options: { overwrite: true, ignoreIfExists: true },
        annotationId: 'x',
      },
      { kind: 'rename', from: '/p/a.ts', to: '/p/b.ts', overwrite: true, ignoreIfExists: true },
    ],
    [
      'delete',
      { kind: 'delete', uri: A },
      { kind: 'delete', path: '/p/a.ts', recursive: false, ignoreIfNotExists: false },
    ],
    [
      'delete with options',
      { kind: 'delete', uri: A, options: { recursive: true, ignoreIfNotExists: true } },
      { kind: 'delete', path: '/p/a.ts', recursive: true, ignoreIfNotExists: true },
    ],
    [
      'options that are none',
      { kind: 'delete', uri: A, options: { recursive: 'yes', ignoreIfNotExists: 1 } },
      { kind: 'delete', path: '/p/a.ts', recursive: false, ignoreIfNotExists: false },
    ],
  ])('%s', (_title, change, step) => {
    expect(lowered({ documentChanges: [change] })).toEqual({
      steps: [step],
      inexact: {},
      unrecorded: [],
      count: 0,
    })
  })

  it('stand among text edits as they came', () => {
    const { steps } = lowered({
      documentChanges: [
        { kind: 'create', uri: B },
        documentEdit(B, { range, newText: 'x' }),
        { kind: 'rename', oldUri: A, newUri: 'file:///p/c.ts' },
        documentEdit('file:///p/c.ts', { range, newText: 'y' }),
        { kind: 'delete', uri: B },
      ],
    })
    expect(steps.map(({ kind }) => kind)).toEqual(['create', 'text', 'rename', 'text', 'delete'])
  })
})

describe('what cannot be told exactly', () => {
  it.each<[string, unknown, string]>([
    ['a snippet', { range, snippet: { kind: 'snippet', value: '$TM_X' } }, 'an edit is a snippet'],
    ['a snippet without a text', { range, snippet: { kind: 'snippet' } }, 'an edit is a snippet'],
    [
      'a snippet as rust-analyzer has it',
      { range, newText: '$TM_X$0', insertTextFormat: 2 },
      'an edit is a snippet',
    ],
    ['an edit without a range', { newText: 'x' }, 'an edit has no range'],
    ['an edit with half a range', { range: { start: range.start }, newText: 'x' }, 'an edit has no range'],
    ['an edit without a text', { range }, 'an edit has no text'],
    ['an edit whose text is none', { range, newText: 5 }, 'an edit has no text'],
    ['an edit that is none', 'x', 'an edit has no range'],
    ['an edit that is null', null, 'an edit has no range'],
  ])('is said of its path: %s', (_title, edit, reason) => {
    const good = { range, newText: 'sum' }
    expect(lowered({ changes: { [A]: [good, edit], [B]: [good] } })).toEqual({
      steps: [
        { kind: 'text', path: '/p/a.ts', edits: [good] },
        { kind: 'text', path: '/p/b.ts', edits: [good] },
      ],
      inexact: { '/p/a.ts': reason },
      unrecorded: [],
      count: 2,
    })
  })

  it.each([null, 5, 'x', {}])('is said of a document whose edits are %j', (edits) => {
    expect(lowered({ changes: { [A]: edits } }).inexact).toEqual({ '/p/a.ts': 'an edit has no range' })
  })

  it('is plain text where the format says so', () => {
    const edit = { range, newText: '$0', insertTextFormat: 1 }
    expect(lowered({ changes: { [A]: [edit] } })).toMatchObject({
      steps: [{ edits: [{ range, newText: '$0' }] }],
      inexact: {},
    })
  })

  it.each<[string, object]>([
    ['of LSP', { range, snippet: { kind: 'snippet', value: 'a${1:b}$0' } }],
    ['of rust-analyzer', { range, newText: 'a${1:b}$0', insertTextFormat: 2 }],
  ])('is the text that a snippet is inserted as: one %s', (_title, edit) => {
    expect(lowered({ changes: { [A]: [edit] } })).toMatchObject({
      steps: [{ edits: [{ range, newText: 'ab' }] }],
      inexact: {},
    })
  })

  it('goes along when the file is moved, however often', () => {
    const { inexact } = lowered({
      documentChanges: [
        documentEdit('file:///p/src/a.ts', { range, snippet: { kind: 'snippet', value: '$TM_X' } }),
        { kind: 'rename', oldUri: 'file:///p/src/', newUri: 'file:///p/lib' },
        { kind: 'rename', oldUri: 'file:///p/lib/a.ts', newUri: 'file:///p/b.ts' },
        { kind: 'rename', oldUri: 'file:///p/b', newUri: 'file:///p/c' },
      ],
    })
    expect(Object.keys(inexact)).toEqual(['/p/src/a.ts', '/p/lib/a.ts', '/p/b.ts'])
  })
})

describe('what is no file', () => {
  const edit = { range, newText: 'x' }

  it('is passed over and named', () => {
    expect(
      lowered({
        documentChanges: [
          documentEdit('untitled:Untitled-1', edit),
          documentEdit(A, edit),
          { kind: 'create', uri: 'file://host/share/a.ts' },
          { kind: 'rename', oldUri: 'vscode-vfs://x/a.ts', newUri: B },
          { kind: 'rename', oldUri: A, newUri: 'file://host/p/a.ts' },
          { kind: 'delete', uri: 'file:///p/caf%E9.ts' },
        ],
      }),
    ).toEqual({
      steps: [{ kind: 'text', path: '/p/a.ts', edits: [edit] }],
      inexact: {},
      unrecorded: [
        'untitled:Untitled-1',
        'file://host/share/a.ts',
        'vscode-vfs://x/a.ts',
        'file://host/p/a.ts',
        'file:///p/caf%E9.ts',
      ],
      count: 1,
    })
  })

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['a list', []],
    ['an empty edit', {}],
    ['empty lists', { changes: {}, documentChanges: [] }],
    ['changes that are null', { changes: null }],
    ['changes that are a text', { changes: 5 }],
  ])('is all there is of %s', (_title, edit) => {
    expect(lowered(edit)).toEqual({ steps: [], inexact: {}, unrecorded: [], count: 0 })
  })

  it('is a change that makes no sense', () => {
    expect(lowered({ documentChanges: [null, {}, { kind: 'move', uri: A }, 'x'] })).toMatchObject({
      steps: [],
      unrecorded: ['undefined', 'undefined', 'undefined', 'undefined'],
    })
  })
})

it('law: whatever comes, nothing is thrown, and every step is of absolute paths', () => {
  const uri = fc.constantFrom<unknown>(A, B, 'file:///p/', 'untitled:x', 'file://h/x', '', 5, null, undefined)
  const edit = fc.oneof(
    fc.constantFrom<unknown>({ range, newText: 'x' }, { range }, { newText: 'x' }, null, [], 5),
    fc.jsonValue(),
  )
  const change = fc.oneof(
    fc.record({
      kind: fc.constantFrom('create', 'rename', 'delete', 'x', undefined),
      uri,
      oldUri: uri,
      newUri: uri,
      options: fc.jsonValue(),
    }),
    fc.record({
      textDocument: fc.oneof(fc.record({ uri }), fc.jsonValue()),
      edits: fc.oneof(fc.array(edit), fc.jsonValue()),
    }),
    fc.jsonValue(),
  )
  const workspaceEdit = fc.oneof(
    fc.record({ documentChanges: fc.array(change) }),
    fc.record({
      changes: fc.dictionary(fc.constantFrom(A, B, 'x'), fc.oneof(fc.array(edit), fc.jsonValue())),
    }),
    fc.jsonValue(),
  )
  fc.assert(
    fc.property(workspaceEdit, (value) => {
      for (const step of fromWorkspaceEdit(value).steps)
        for (const path of step.kind === 'rename' ? [step.from, step.to] : [step.path])
          expect(path.startsWith('/')).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
