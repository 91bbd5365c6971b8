import { expect } from 'vitest'
import { asTold } from './as-told.ts'
import { Desk, until, untilEqual } from './desk.ts'
import type { Editor, EditorKind } from './editor.ts'
import { asIn, type Edit, meant } from './edits.ts'
import { type Ending, isWhole, onDisk, sameText } from './endings.ts'
import { untilShown } from './shown.ts'

/** An edit comes to an end, and the editor starts again. */
export async function through(kind: EditorKind, plain: Edit, ending: Ending): Promise<void> {
  const edit = asIn(kind, plain)
  using desk = new Desk(edit.before, edit.server)
  const editor = await desk.start(kind, edit.shown)
  await asTold(editor, desk, async () => {
    await edit.make(editor, desk)
    await untilShown('the edit in the buffers', () => editor.texts(), edit)
    await untilShown('the edit at the server', () => desk.texts, edit)
    await untilEqual('what is moved to be moved', () => desk.files(), edit.made)
    // Noted behind the wire's back: an editor that kills the proxy a moment later leaves an edit that never arrived.
    await until('the log to say that the editor has it', () => desk.isNoted)
    if (isWhole(edit, 'none')) await untilEqual('the edit to have landed', () => desk.states(), ['landed'])
    await ending.happens(editor, desk, edit)
  })
  await desk.serversGone()
  expect(meant(edit, desk.files())).toEqual(onDisk(edit, ending.saved))
  expect(await desk.log()).toMatchObject([{ road: edit.road, state: stateOf(edit, ending) }])
  await again(kind, desk, edit, ending)
}

/** An edit that the editor does not take: nothing has happened, and nothing is asked later. */
export async function refused(kind: EditorKind, edit: Edit): Promise<void> {
  using desk = new Desk(edit.before, edit.server)
  const editor = await desk.start(kind, edit.shown)
  await asTold(editor, desk, async () => {
    await edit.make(editor, desk)
    await until('the server to be answered', () => desk.told.some(({ what }) => what === 'answered'))
    expect(await editor.texts()).toEqual({ [edit.shown]: edit.before[edit.shown] })
    await editor.quit()
  })
  await desk.serversGone()
  expect(desk.files()).toEqual(edit.before)
  expect(await desk.states()).toEqual(['rejected'])
  expect(desk.liveSessions).toBe(0)
}

/** What was moved or written at once is half done, if nothing of the rest was saved; or there is no rest. */
function stateOf(edit: Edit, { state, saved }: Ending): string {
  const { before, made } = edit
  if (isWhole(edit, 'none') || (saved === 'one' && isWhole(edit, saved))) return 'landed'
  return state === 'pending' && saved === 'none' && before !== made ? 'torn' : state
}

/** The next start. */
async function again(kind: EditorKind, desk: Desk, edit: Edit, ending: Ending): Promise<void> {
  const { saved } = ending
  const next = stateOf(edit, ending) === 'landed' ? 'nothing' : ending.next
  const before = desk.sessions
  const editor = await desk.start(kind, edit.hidden)
  // Nothing else shows it where all of it has landed before the proxy was killed.
  if (next === 'nothing')
    await until('what was left to be taken over', () => !desk.sessions.some((each) => before.includes(each)))
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
    // The file that is open is finished in its buffer (which is written where it had no changes), the others on disk.
    const { [edit.hidden]: text, ...others } = edit.after
    await until('the open file to be finished', async () =>
      sameText((await editor.texts())[edit.hidden], text!),
    )
    await untilEqual('the others to be finished', () => desk.files(), {
      ...others,
      [edit.hidden]: kind.writesHidden ? text! : edit.before[edit.hidden]!,
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
