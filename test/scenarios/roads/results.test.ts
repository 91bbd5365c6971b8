import { existsSync, writeFileSync } from 'node:fs'
import { describe } from 'vitest'
import { difference, frame, message } from '../relay/messages.ts'
import { test } from '../relay/processes.ts'
import { edit, type Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'
import { FIRST_THREE, logged, outcomes, started, workspaceEdit } from './desk.ts'

const document = (stage: Stage) => ({ uri: stage.uri('a.ts') })
const moving = (stage: Stage, to = 'b.ts') => ({
  files: [{ oldUri: stage.uri('a.ts'), newUri: stage.uri(to) }],
})

/** The questions whose answers carry an edit, what is asked, and what the edit is called then. */
const ROADS: readonly [string, (stage: Stage) => object, string][] = [
  [
    'textDocument/rename',
    (stage) => ({ textDocument: document(stage), position: { line: 0, character: 1 }, newName: 'bar' }),
    'Rename to `bar`',
  ],
  ['workspace/willCreateFiles', (stage) => ({ files: [{ uri: stage.uri('new.ts') }] }), 'Create `new.ts`'],
  ['workspace/willRenameFiles', (stage) => moving(stage), 'Move `a.ts` → `b.ts`'],
  [
    'workspace/willDeleteFiles',
    (stage) => ({ files: [{ uri: stage.uri('x') }, { uri: stage.uri('y') }] }),
    'Delete 2 files',
  ],
  ['codeAction/resolve', () => ({ title: 'Extract', data: 1 }), 'Extract'],
]

const resultOf = (method: string, edit: object) =>
  method === 'codeAction/resolve' ? { title: 'Extract', edit } : edit

/** Has the editor ask, and gives what its request was. */
async function ask(session: Session, method: string, params: object, id = '1'): Promise<void> {
  const request = frame(
    `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${JSON.stringify(params)}}`,
  )
  const { toServer } = await session.exchange({ fromEditor: [request] })
  if (!toServer.bytes.equals(request))
    throw new Error(`another request arrived: ${toServer.bytes.toString()}`)
}

const server = { codeActionProvider: { resolveProvider: true } }

describe.concurrent('an edit that answers', () => {
  test.for(ROADS)(
    '%s is recorded before the editor has a byte of it',
    async ([method, params, label], { stage, processes, expect }) => {
      const { session } = await started(stage, processes, { server })
      await ask(session, method, params(stage))
      const answer = message({ id: 1, result: resultOf(method, workspaceEdit(stage, 'c.ts', 'bar')) })
      const before = session.recordedBefore(answer, stage.journal)
      const { toEditor } = await session.exchange({ fromServer: [answer] })
      expect(difference(toEditor.bytes, answer)).toBeUndefined()
      expect(before()).toEqual(['bar'])
      expect(logged(stage.journal)).toMatchObject([{ meta: { road: method, label } }])
    },
  )

  test.for(ROADS)(
    '%s with none, with an error, or with an empty one passes, and leaves nothing behind',
    async ([method, params], { stage, processes, expect }) => {
      const { session } = await started(stage, processes, { server })
      const answers = [
        { result: null },
        { result: {} },
        { result: resultOf(method, { changes: {} }) },
        { result: resultOf(method, { documentChanges: [] }) },
        { error: { code: -32800, message: 'cancelled' } },
      ]
      for (const [id, answer] of answers.entries()) {
        await ask(session, method, params(stage), String(id))
        const sent = message({ id, ...answer })
        const { toEditor } = await session.exchange({ fromServer: [sent] })
        expect(difference(toEditor.bytes, sent)).toBeUndefined()
      }
      expect(existsSync(stage.journal)).toBe(false)
    },
  )

  test.for(ROADS)(
    '%s and cannot be recorded does not pass: the editor has an error for an answer',
    async ([method, params], { stage, processes, expect }) => {
      writeFileSync(stage.journal, 'in the way')
      const { session } = await started(stage, processes, { server })
      for (const id of ['7', '"a\\u0062"', '9223372036854775808']) {
        await ask(session, method, params(stage), id)
        const result = JSON.stringify(resultOf(method, workspaceEdit(stage, 'c.ts', 'bar')))
        const answer = frame(`{"jsonrpc":"2.0","id":${id},"result":${result}}`)
        const { toEditor } = await session.exchange({ fromServer: [answer] })
        const text = toEditor.bytes.toString() + toEditor.own.map((own) => own.text).join('')
        expect(text).toContain(`"id":${id},"error":{"code":-32803,"message":"lsp-wal: `)
        expect(text).not.toContain('changes')
      }
    },
  )

  test('a question that nobody has asked passes as it is', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes)
    const answer = message({ id: 1, result: workspaceEdit(stage, 'a.ts', 'bar') })
    const { toEditor } = await session.exchange({ fromServer: [answer] })
    expect(difference(toEditor.bytes, answer)).toBeUndefined()
    expect(logged(stage.journal)).toEqual([])
  })
})

describe.concurrent('a rename', () => {
  test('is called by the old name, too, where the document is open', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes)
    const opened = { ...document(stage), languageId: 'x', version: 1, text: 'let fooBar = 1\n' }
    const open = message({ method: 'textDocument/didOpen', params: { textDocument: opened } })
    await session.exchange({ fromEditor: [open] })
    await ask(session, 'textDocument/rename', {
      textDocument: document(stage),
      position: { line: 0, character: 7 },
      newName: 'bar',
    })
    const result = workspaceEdit(stage, 'a.ts', 'var')
    await session.exchange({ fromServer: [message({ id: 1, result })] })
    expect(logged(stage.journal)).toMatchObject([{ meta: { label: 'Rename `fooBar` → `bar`' } }])
  })

  test('that the editor never carries out is forgotten when its session ends', async ({
    stage,
    processes,
    expect,
  }) => {
    const { session } = await started(stage, processes)
    await ask(session, 'textDocument/rename', { textDocument: document(stage), newName: 'bar' })
    await session.exchange({ fromServer: [message({ id: 1, result: workspaceEdit(stage, 'a.ts', 'bar') })] })
    // Too early to tell: it is offered at the next start.
    session.proxy.stdin.end()
    await session.proxy.ended
    expect(outcomes(stage.journal)).toEqual(['forwarded', 'forwarded: not answered by the editor'])
  })
})

describe.concurrent('the edit that a move brings', () => {
  test('is recorded with the move', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes)
    await ask(session, 'workspace/willRenameFiles', moving(stage, 'sub/b.ts'))
    const result = workspaceEdit(stage, 'c.ts', 'bar')
    await session.exchange({ fromServer: [message({ id: 1, result })] })
    const [intent] = logged(stage.journal)
    expect(intent?.moves).toEqual([{ from: stage.path('a.ts'), to: stage.path('sub/b.ts') }])
    expect(intent?.edits.map(({ Path }) => Path)).toEqual([stage.path('c.ts')])
  })

  test('of a folder is recorded with the move, and the bytes of what it edits there alone', async ({
    stage,
    processes,
    expect,
  }) => {
    stage.write('old/x.ts', 'foo\n')
    stage.write('old/y.ts', 'foo\n')
    const { session } = await started(stage, processes)
    const files = [{ oldUri: stage.uri('old'), newUri: stage.uri('fresh') }]
    await ask(session, 'workspace/willRenameFiles', { files })
    const result = workspaceEdit(stage, 'old/x.ts', 'bar')
    await session.exchange({ fromServer: [message({ id: 1, result })] })
    const [intent] = logged(stage.journal)
    expect(intent?.moves).toEqual([
      { from: stage.path('old/x.ts'), to: stage.path('fresh/x.ts') },
      { from: stage.path('old'), to: stage.path('fresh') },
    ])
    expect(Object.keys(intent?.originals ?? {})).toEqual([stage.path('old/x.ts')])
  })

  test('of a folder to where something stands is recorded with the moves of what it edits there', async ({
    stage,
    processes,
    expect,
  }) => {
    for (const name of ['old/x.ts', 'old/y.ts', 'fresh/z.ts']) stage.write(name, 'foo\n')
    const { session } = await started(stage, processes)
    const files = [{ oldUri: stage.uri('old'), newUri: stage.uri('fresh') }]
    await ask(session, 'workspace/willRenameFiles', { files })
    const result = workspaceEdit(stage, 'old/x.ts', 'bar')
    await session.exchange({ fromServer: [message({ id: 1, result })] })
    const [intent] = logged(stage.journal)
    expect(intent?.moves).toEqual([{ from: stage.path('old/x.ts'), to: stage.path('fresh/x.ts') }])
  })

  test('in the middle of an edit of the server is recorded without it', async ({
    stage,
    processes,
    expect,
  }) => {
    const { session } = await started(stage, processes)
    const move = { kind: 'rename', oldUri: stage.uri('a.ts'), newUri: stage.uri('b.ts') }
    const asked = { id: 7, method: 'workspace/applyEdit', params: { edit: { documentChanges: [move] } } }
    await session.exchange({ fromServer: [message(asked)] })
    await ask(session, 'workspace/willRenameFiles', moving(stage))
    await session.exchange({ fromServer: [message({ id: 1, result: workspaceEdit(stage, 'd.ts', 'bar') })] })
    const [outer, inner, ...others] = logged(stage.journal)
    expect(others).toEqual([])
    expect(outer?.meta.road).toBe('workspace/applyEdit')
    expect(inner?.edits.map(({ Path }) => Path)).toEqual([stage.path('d.ts')])
    expect(inner?.moves).toBeUndefined()
  })
})

test('a move beside an edit that the editor never answers is recorded all the same', async ({
  stage,
  processes,
  expect,
}) => {
  const { session } = await started(stage, processes)
  await session.exchange({ fromServer: [frame(edit(stage, 'c.ts', 'import'))] })
  await ask(session, 'workspace/willRenameFiles', moving(stage))
  await session.exchange({ fromServer: [message({ id: 1, result: workspaceEdit(stage, 'd.ts', 'bar') })] })
  expect(logged(stage.journal)[1]?.moves).toEqual([{ from: stage.path('a.ts'), to: stage.path('b.ts') }])
})

describe.concurrent('the layout of a document', () => {
  const asked = (stage: Stage) => ({ textDocument: document(stage), options: {} })
  const answer = message({ id: 1, result: [{ range: FIRST_THREE, newText: 'bar' }] })

  test('is not recorded', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes)
    await ask(session, 'textDocument/formatting', asked(stage))
    const { toEditor } = await session.exchange({ fromServer: [answer] })
    expect(difference(toEditor.bytes, answer)).toBeUndefined()
    expect(logged(stage.journal)).toEqual([])
  })

  test.for(['formatting', 'rangeFormatting', 'rangesFormatting', 'onTypeFormatting', 'willSaveWaitUntil'])(
    'is recorded where that is asked for: %s',
    async (kind, { stage, processes, expect }) => {
      const { session } = await started(stage, processes, { options: ['--journal-formatting'] })
      await ask(session, `textDocument/${kind}`, asked(stage))
      const { toEditor } = await session.exchange({ fromServer: [answer] })
      expect(difference(toEditor.bytes, answer)).toBeUndefined()
      expect(logged(stage.journal)).toMatchObject([
        {
          edits: [{ Path: stage.path('a.ts'), NewText: 'bar' }],
          meta: { road: `textDocument/${kind}`, label: 'Format `a.ts`' },
        },
      ])
    },
  )
})
