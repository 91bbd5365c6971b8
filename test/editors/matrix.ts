import { describe, expect, test } from 'vitest'
import { describeWith, isInstalled } from '../scenarios/real-servers/installed.ts'
import { ANSWERS, answered } from './answered.ts'
import { asTold } from './as-told.ts'
import { Desk, until, untilEqual } from './desk.ts'
import type { Editor, EditorKind } from './editor.ts'
import { EDITS, type Edit, MOVE, meant, OWN_MOVE, RENAME, REPLACE } from './edits.ts'
import { ENDINGS, type Ending, onDisk, sameText } from './endings.ts'
import { REAL_EDITS, TYPESCRIPT_EXTRACT } from './real-servers.ts'
import { untilShown } from './shown.ts'
import { undone } from './undone.ts'
import { untouched } from './untouched.ts'

/** Whether everything is run, or what stands for the rest. */
export const ALL = process.env.LSP_WAL_TEST_EDITORS === 'all'

/** A start of an editor, an edit, an end, and one or two starts more. */
const LIMIT_MS = 240_000

/** Holds an editor to what is said in `endings.ts` of every edit. */
export function describeEditor(kind: EditorKind): void {
  describeWith(kind.programs, kind.title, () => describeEdits(kind))
}

/** The same for a newer one than most have, where it is there. */
export function describeNext(kind: EditorKind): void {
  if (kind.programs.every(isInstalled)) describe(kind.title, () => describeEdits(kind))
}

function describeEdits(kind: EditorKind): void {
  test('a session without an edit is the same', () => untouched(kind), LIMIT_MS)
  if (kind.canBeAsked)
    describe('the question about a rename', () => {
      for (const answer of ANSWERS.filter(({ usually }) => ALL || usually))
        test(answer.title, () => answered(kind, answer), LIMIT_MS)
    })
  for (const edit of EDITS) {
    describe(edit.title, () => {
      if (edit === MOVE && kind.refusesMoves) {
        test('is refused', () => refused(kind, edit), LIMIT_MS)
        return
      }
      for (const ending of ENDINGS.filter((each) => isRun(each, edit)))
        test(ending.title, () => through(kind, edit, ending), LIMIT_MS)
      if (ALL || edit !== REPLACE)
        test('undone, redone and undone by commands', () => undone(kind, edit), LIMIT_MS)
    })
  }
  for (const edit of [OWN_MOVE, ...REAL_EDITS].filter(({ isFor }) => isFor?.(kind) ?? true))
    describe(edit.title, () => {
      if (ALL || edit !== TYPESCRIPT_EXTRACT)
        test(CUT_SHORT.title, () => through(kind, edit, CUT_SHORT), LIMIT_MS)
      if (ALL ? edit !== OWN_MOVE || kind.waitsForMoves : edit === TYPESCRIPT_EXTRACT)
        test('undone, redone and undone by commands', () => undone(kind, edit), LIMIT_MS)
    })
}

const CUT_SHORT = ENDINGS.find(({ title }) => title === 'one file saved, editor killed')!

function isRun({ usually, isFor }: Ending, edit: Edit): boolean {
  if (isFor !== undefined && !isFor(edit)) return false
  return ALL || usually === 'for every edit' || (usually === 'for a rename' && edit === RENAME)
}

async function through(kind: EditorKind, edit: Edit, ending: Ending): Promise<void> {
  using desk = new Desk(edit.before, edit.server)
  const editor = await desk.start(kind, edit.shown)
  await asTold(editor, desk, async () => {
    await edit.make(editor)
    await untilShown('the edit in the buffers', () => editor.texts(), edit)
    await untilShown('the edit at the server', () => desk.texts, edit)
    await untilEqual('what is moved to be moved', () => desk.files(), edit.made)
    // Noted behind the wire's back: an editor that kills the proxy a moment later leaves an edit that never arrived.
    await until('the log to say that the editor has it', () => desk.isNoted)
    await ending.happens(editor, desk, edit)
  })
  await desk.serversGone()
  expect(meant(edit, desk.files())).toEqual(onDisk(edit, ending.saved))
  expect(await desk.log()).toMatchObject([{ road: edit.road, state: stateOf(edit, ending) }])
  await again(kind, desk, edit, ending)
}

/** An edit that the editor does not take: nothing has happened, and nothing is asked later. */
async function refused(kind: EditorKind, edit: Edit): Promise<void> {
  using desk = new Desk(edit.before, edit.server)
  const editor = await desk.start(kind, edit.shown)
  await asTold(editor, desk, async () => {
    await edit.make(editor)
    await until('the server to be answered', () => desk.told.some(({ what }) => what === 'answered'))
    expect(await editor.texts()).toEqual({ [edit.shown]: edit.before[edit.shown] })
    await editor.quit()
  })
  await desk.serversGone()
  expect(desk.files()).toEqual(edit.before)
  expect(await desk.states()).toEqual(['rejected'])
  expect(desk.liveSessions).toBe(0)
}

/** What was moved at once is half done, if nothing of the rest was saved. */
function stateOf({ before, made }: Edit, { state, saved }: Ending): string {
  return state === 'pending' && saved === 'none' && before !== made ? 'torn' : state
}

/** The next start. */
async function again(kind: EditorKind, desk: Desk, edit: Edit, { next, saved }: Ending): Promise<void> {
  const editor = await desk.start(kind, edit.hidden)
  await asTold(editor, desk, () => recovered(kind, editor, desk, edit, { next, saved }))
  await desk.serversGone()
  if (!kind.killsServers) expect(desk.liveSessions).toBe(0)
  expect(desk.files()).toEqual(onDisk(edit, next === 'nothing' ? saved : 'all'))
}

async function recovered(
  kind: EditorKind,
  editor: Editor,
  desk: Desk,
  edit: Edit,
  { next, saved }: Pick<Ending, 'next' | 'saved'>,
): Promise<void> {
  // What was moved at once is part of it: it has begun, and is finished.
  const offers = next === 'offers' && edit.before === edit.made
  if (offers && !kind.canBeAsked) {
    // It is told, and brings it back from the command line, once the editor is closed.
    await editor.asked()
    await editor.quit()
    await desk.serversGone()
    expect(desk.files()).toEqual(onDisk(edit, saved))
    const [entry] = await desk.log()
    expect(await desk.stage.lspWal('recover', '--finish', entry!.id)).toMatchObject({ status: 0 })
    expect(desk.files()).toEqual(edit.after)
    return
  }
  if (offers) {
    expect(await editor.asked()).toContain('it was never saved')
    expect(desk.files()).toEqual(onDisk(edit, saved))
    await editor.answer('Bring it back')
  }
  if (next !== 'nothing') {
    // The file that is open is finished in its buffer, the others on disk.
    const { [edit.hidden]: text, ...others } = edit.after
    await until('the open file to be finished', async () =>
      sameText((await editor.texts())[edit.hidden], text!),
    )
    await untilEqual('the others to be finished', () => desk.files(), {
      ...others,
      [edit.hidden]: edit.before[edit.hidden]!,
    })
    await editor.saveAll()
    await untilEqual('all to be saved', () => desk.files(), edit.after)
  }
  await until('what is settled to leave', async () =>
    (await desk.log()).every(({ state }) => isSettled(state)),
  )
  expect(await editor.questions()).toHaveLength(offers ? 1 : 0)
  await editor.quit()
}

const isSettled = (state: string) => state !== 'pending' && state !== 'torn'
