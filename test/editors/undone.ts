import { expect } from 'vitest'
import { asTold } from './as-told.ts'
import { Desk, until, untilEqual } from './desk.ts'
import type { Editor, EditorKind } from './editor.ts'
import { asIn, changed, type Edit, meant } from './edits.ts'
import { sameText } from './endings.ts'
import { untilShown } from './shown.ts'

type Files = Readonly<Record<string, string>>

/** An edit is saved, undone, redone and undone again by the commands of its editor's user, saved each time. */
export async function undone(kind: EditorKind, plain: Edit): Promise<void> {
  const edit = asIn(kind, plain)
  using desk = new Desk(edit.before, edit.server)
  const editor = await desk.start(kind, edit.shown)
  const { undone: back = edit.before } = edit
  await asTold(editor, desk, async () => {
    await edit.make(editor, desk)
    await untilShown('the edit in the buffers', () => editor.texts(), edit)
    await untilEqual('what is moved to be moved', () => desk.files(), edit.made)
    await saved(editor, desk, edit, edit.after)
    for (const [command, files] of [
      ['lsp-wal.undo', back],
      ['lsp-wal.redo', edit.after],
      ['lsp-wal.undo', back],
    ] as const) {
      await editor.run(command)
      await shown(editor, edit, files)
      await saved(editor, desk, edit, files)
    }
    expect(await editor.questions()).toEqual([])
    await until('all of it to be settled', async () =>
      (await desk.states()).every((state) => state !== 'pending'),
    )
  })
  await editor.quit()
  await desk.serversGone()
  expect(meant(edit, desk.files())).toEqual(back)
  expect((await desk.states())[0]).toBe('undone')
}

/** Waits until the buffers that are there hold this. */
async function shown(editor: Editor, edit: Edit, files: Files): Promise<void> {
  const names = Object.keys(changed(edit))
  await until(
    'the buffers to show it',
    async () => {
      const texts = meant(edit, await editor.texts())
      return names.every((name) => texts[name] === undefined || sameText(texts[name], files[name]!))
    },
    () => editor.texts(),
  )
}

async function saved(editor: Editor, desk: Desk, edit: Edit, files: Files): Promise<void> {
  await editor.saveAll()
  await untilEqual('all to be saved', () => meant(edit, desk.files()), files)
}
