import { readFileSync } from 'node:fs'
import { describe } from 'vitest'
import { message } from '../relay/messages.ts'
import { type Processes, test } from '../relay/processes.ts'
import { initialized, Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'
import { FIRST_THREE, logged } from './desk.ts'

const NOBODY = 2 ** 22 - 4
const NAMES = ['a.ts', 'b.ts', 'c.ts']

async function opened(stage: Stage, processes: Processes, workspaceEdit: object = {}): Promise<Session> {
  const session = await Session.start(stage, processes)
  const params = {
    processId: NOBODY,
    capabilities: { workspace: { applyEdit: true, workspaceEdit } },
    workspaceFolders: [{ uri: stage.uri('.'), name: 'workspace' }],
  }
  await session.exchange({ fromEditor: [message({ id: 1, method: 'initialize', params })] })
  await session.exchange({ fromServer: [message({ id: 1, result: { capabilities: {} } })] })
  await session.exchange({ fromEditor: [initialized] })
  return session
}

/** Has the server ask for an edit; gives what its one line in the log says. */
async function asked(session: Session, edit: object): Promise<void> {
  const request = message({ id: 7, method: 'workspace/applyEdit', params: { edit } })
  await session.exchange({ fromServer: [request] })
}

const texts = (stage: Stage) => NAMES.map((name) => readFileSync(stage.path(name), 'utf8').trim())

describe.concurrent('an edit with parts to be confirmed, of which one is not saved', () => {
  /** The edit, of which the editor saves two files of three; what the next start says, and has made of the files. */
  async function leftHalfWay(stage: Stage, processes: Processes, workspaceEdit: object): Promise<string> {
    for (const name of NAMES) stage.write(name, 'foo\n')
    const session = await opened(stage, processes, workspaceEdit)
    const documentChanges = NAMES.map((name) => ({
      textDocument: { uri: stage.uri(name), version: null },
      edits: [{ range: FIRST_THREE, newText: 'bar', annotationId: 'careful' }],
    }))
    const changeAnnotations = { careful: { label: 'Careful', needsConfirmation: true } }
    await asked(session, { documentChanges, changeAnnotations })
    stage.write('a.ts', 'bar\n')
    stage.write('c.ts', 'bar\n')
    await session.exchange({ fromEditor: [message({ id: 7, result: { applied: true } })] })
    session.proxy.stdin.end()
    await session.proxy.ended
    const [word] = await (await opened(stage, processes)).words()
    return word?.params?.message ?? ''
  }

  test('is asked about where the editor asks its user: it may have been declined', async ({
    stage,
    processes,
    expect,
  }) => {
    const said = await leftHalfWay(stage, processes, { changeAnnotationSupport: {} })
    expect(said).toContain('some of its parts may have been declined')
    expect(texts(stage)).toEqual(['bar', 'foo', 'bar'])
  })

  test('is finished where it does not', async ({ stage, processes, expect }) => {
    expect(await leftHalfWay(stage, processes, {})).toContain('finished')
    expect(texts(stage)).toEqual(['bar', 'bar', 'bar'])
  })
})

/** What an edit of `a.ts` is recorded as: what the log holds of it is what it makes of the original. */
const FORMS: readonly [string, (stage: Stage) => object, readonly string[]][] = [
  [
    'several edits of one document, each for what the one before has left',
    (stage) => ({ documentChanges: [inA(stage, 1, 'quux'), inA(stage, 1, 'b')] }),
    ['a.ts: bx'],
  ],
  ['a version of null', (stage) => ({ documentChanges: [inA(stage, null, 'b')] }), ['a.ts: b']],
  [
    'a snippet',
    (stage) => ({
      documentChanges: [
        {
          textDocument: { uri: stage.uri('a.ts'), version: null },
          edits: [{ range: FIRST_THREE, snippet: { kind: 'snippet', value: 'b${1:a}r$0' } }],
        },
      ],
    }),
    ['a.ts: bar'],
  ],
  [
    'a file that is made and filled',
    (stage) => ({
      documentChanges: [
        { kind: 'create', uri: stage.uri('new.ts') },
        {
          textDocument: { uri: stage.uri('new.ts'), version: null },
          edits: [{ range: { start: FIRST_THREE.start, end: FIRST_THREE.start }, newText: 'new' }],
        },
      ],
    }),
    ['new.ts: new'],
  ],
  [
    'a file that moves and is edited where it goes',
    (stage) => ({
      documentChanges: [
        { kind: 'rename', oldUri: stage.uri('a.ts'), newUri: stage.uri('z.ts') },
        {
          textDocument: { uri: stage.uri('z.ts'), version: null },
          edits: [{ range: FIRST_THREE, newText: 'b' }],
        },
      ],
    }),
    ['a.ts -> z.ts', 'a.ts: b'],
  ],
  [
    'a URI that is encoded wherever it can be, and in lower case',
    (stage) => ({
      changes: { [`${stage.uri('.')}%2fa%2ets`]: [{ range: FIRST_THREE, newText: 'b' }] },
    }),
    ['a.ts: b'],
  ],
]

function inA(stage: Stage, version: number | null, newText: string): object {
  return { textDocument: { uri: stage.uri('a.ts'), version }, edits: [{ range: FIRST_THREE, newText }] }
}

describe.concurrent('an edit of every form is recorded as what it makes of the files', () => {
  test.for(FORMS)('%s', async ([, edit, expected], { stage, processes, expect }) => {
    stage.write('a.ts', 'foo\n')
    const session = await opened(stage, processes)
    await asked(session, edit(stage))
    const name = (path: string) => path.slice(stage.workspace.length + 1)
    const [line] = logged(stage.journal)
    expect([
      ...(line?.moves ?? []).map(({ from, to }) => `${name(from)} -> ${name(to)}`),
      ...(line?.edits ?? []).map(({ Path, NewText }) => `${name(Path)}: ${NewText}`),
    ]).toEqual(expected)
  })
})
