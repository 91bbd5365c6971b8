import { renameSync } from 'node:fs'
import { describe } from 'vitest'
import { message } from '../relay/messages.ts'
import { type Processes, test } from '../relay/processes.ts'
import { Session } from '../relay/session.ts'
import { FIRST_THREE } from '../roads/desk.ts'
import type { Stage } from '../stage.ts'
import { recorded } from './recorded.ts'
import { play, replay, type Step, type Wire, wireOf } from './wire.ts'

/** A recorded session up to where its editor asked for the rename. */
function upToTheEdit({ steps }: Wire): readonly Step[] {
  const isAsked = (step: Step) =>
    'editor' in step && (step.editor as { method?: string }).method === 'textDocument/rename'
  return steps.slice(0, steps.findIndex(isAsked))
}

/** Has Neovim or another editor begin as it did once. */
async function begun(stage: Stage, processes: Processes, name: string): Promise<Session> {
  const wire = wireOf(name, stage)
  for (const [path, text] of Object.entries(wire.project)) stage.write(path, text)
  const session = await Session.start(stage, processes)
  await play(stage, session, upToTheEdit(wire))
  return session
}

const applyEdit = (edit: object): Step => ({
  server: { jsonrpc: '2.0', id: 70, method: 'workspace/applyEdit', params: { edit } },
})
const APPLIED: Step = { editor: { jsonrpc: '2.0', id: 70, result: { applied: true } } }
const text = (stage: Stage, name: string, version: number | null) => ({
  textDocument: { uri: stage.uri(name), version },
  edits: [{ range: FIRST_THREE, newText: '' }],
})

describe.concurrent('an edit that is said to be applied, and is not', () => {
  test.for<[string, string, (stage: Stage) => object, string]>([
    [
      'Neovim skips a version that is not the document’s',
      'neovim-rename-saved',
      (stage) => ({ documentChanges: [text(stage, 'src/greet.ts', 99)] }),
      'src/greet.ts untouched',
    ],
    [
      'Emacs’ user says no',
      'eglot-rename-saved',
      (stage) => ({ documentChanges: [text(stage, 'src/report.ts', null)] }),
      'src/report.ts untouched',
    ],
    [
      'Neovim skips a move onto a file that exists',
      'neovim-rename-saved',
      (stage) => ({
        documentChanges: [
          { kind: 'rename', oldUri: stage.uri('src/greet.ts'), newUri: stage.uri('src/main.ts') },
        ],
      }),
      'src/greet.ts untouched, src/main.ts untouched',
    ],
  ])(
    '%s: it waits, and nothing is done unasked',
    async ([, wire, edit, paths], { stage, processes, expect }) => {
      const session = await begun(stage, processes, wire)
      const before = stage.files()
      await play(stage, session, [applyEdit(edit(stage)), APPLIED, { end: 'end of input' }])
      const waiting = [`workspace/applyEdit: pending, ${paths}`]
      expect(await recorded(stage)).toEqual(waiting)
      expect(await stage.headless([], [], stage.wrapped())).toMatchObject({ status: 0 })
      expect(await recorded(stage)).toEqual(waiting)
      expect(stage.files()).toEqual(before)
    },
  )
})

test('lsp-mode carries out an edit in an order of its own: what comes of that is asked about', async ({
  stage,
  processes,
  expect,
}) => {
  const session = await begun(stage, processes, 'lsp-mode-rename-one-saved-killed')
  // It makes files first, which does nothing here, and deletes them last.
  const uri = stage.uri('src/report.ts')
  const documentChanges = [
    { kind: 'delete', uri },
    { kind: 'create', uri },
  ]
  const removed: Step = { removed: 'src/report.ts' }
  await play(stage, session, [applyEdit({ documentChanges }), removed, APPLIED, { end: 'SIGKILL' }])
  const before = stage.files()
  const waiting = ['workspace/applyEdit: pending, src/report.ts drifted']
  expect(await recorded(stage)).toEqual(waiting)
  expect(await stage.headless([], [], stage.wrapped())).toMatchObject({ status: 0 })
  expect(await recorded(stage)).toEqual(waiting)
  expect(stage.files()).toEqual(before)
})

test('Helix dies in the middle of a save, its original under another name: that is asked about', async ({
  stage,
  processes,
  expect,
}) => {
  const wire = wireOf('helix-rename-saved', stage)
  const { steps } = wire
  for (const [path, content] of Object.entries(wire.project)) stage.write(path, content)
  const session = await Session.start(stage, processes)
  await play(
    stage,
    session,
    steps.slice(
      0,
      steps.findIndex((step) => 'written' in step),
    ),
  )
  renameSync(stage.path('src/greet.ts'), stage.path('src/greet.tsX1y2.bck'))
  await play(stage, session, [{ end: 'SIGKILL' }])
  const before = stage.files()
  const waiting = [
    'textDocument/rename: pending, src/greet.ts drifted, src/main.ts untouched, src/report.ts untouched',
  ]
  expect(await stage.headless([], [], stage.wrapped())).toMatchObject({ status: 0 })
  expect(await recorded(stage)).toEqual(waiting)
  expect(stage.files()).toEqual(before)
})

test('an editor comes back with the edit in its unsaved buffers: it is followed on, and nobody is asked', async ({
  stage,
  processes,
  expect,
}) => {
  const wire = wireOf('neovim-rename-saved', stage)
  const saved = wire.steps.filter((step) => 'written' in step)
  const first = await begun(stage, processes, 'neovim-rename-saved')
  const { steps } = wire
  const edit = upToTheEdit(wire).length
  await play(stage, first, [
    ...steps.slice(
      edit,
      steps.findIndex((step) => 'written' in step),
    ),
    { end: 'SIGKILL' },
  ])
  const second = await Session.start(stage, processes)
  await play(stage, second, steps.slice(0, 3))
  for (const { written, text } of saved) {
    const textDocument = { uri: stage.uri(written), languageId: 'typescript', version: 1, text }
    const open = message({ method: 'textDocument/didOpen', params: { textDocument } })
    const { toEditor } = await second.exchange({ fromEditor: [open] })
    expect(toEditor.own).toEqual([])
  }
  await play(stage, second, saved)
  await expect.poll(() => recorded(stage), { timeout: 15_000 }).toEqual(['textDocument/rename: landed'])
  expect((await second.exchange({})).toEditor.own).toEqual([])
})

test('a formatter changes each file as it is saved: the edit has landed all the same', async ({
  stage,
  processes,
  expect,
}) => {
  const wire = wireOf('neovim-rename-saved', stage)
  const formatted = (text: string) => text.replaceAll('"', "'").replaceAll('  ', '\t')
  const steps = wire.steps.flatMap((step): readonly Step[] => {
    if (!('written' in step)) return [step]
    const [text, textDocument] = [formatted(step.text), { uri: stage.uri(step.written), version: 99 }]
    const params = { textDocument, contentChanges: [{ text }] }
    return [{ editor: { jsonrpc: '2.0', method: 'textDocument/didChange', params } }, { ...step, text }]
  })
  await replay(stage, processes, { ...wire, steps })
  expect(await recorded(stage)).toEqual(['textDocument/rename: landed'])
  const saved = stage.files()
  expect(saved['src/greet.ts']).toContain("return 'hello '")
  expect(await stage.headless([], [], stage.wrapped())).toMatchObject({ status: 0 })
  expect(stage.files()).toEqual(saved)
  // And goes back with the formatter's changes kept.
  expect(await stage.lspWal('undo')).toMatchObject({ status: 0 })
  const undone = Object.entries(wire.project).filter(([name]) => name in saved)
  expect(stage.files()).toEqual(Object.fromEntries(undone.map(([name, text]) => [name, formatted(text)])))
})
