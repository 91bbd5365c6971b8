import { expect } from 'vitest'
import { asTold } from './as-told.ts'
import { Desk, until, untilEqual } from './desk.ts'
import type { Editor, EditorKind } from './editor.ts'
import { changed, type Edit } from './edits.ts'
import { sameText } from './endings.ts'

type Files = Readonly<Record<string, string>>

/** An edit is saved, undone, redone and undone again by the commands of its editor's user, saved each time. */
export async function undone(kind: EditorKind, edit: Edit): Promise<void> {
  using desk = new Desk(edit.before)
  const editor = await desk.start(kind, edit.shown)
  await asTold(editor, desk, async () => {
    await edit.make(editor)
    await shown(editor, edit, edit.after)
    await saved(editor, desk, edit.after)
    for (const [command, files] of [
      ['lsp-wal.undo', edit.before],
      ['lsp-wal.redo', edit.after],
      ['lsp-wal.undo', edit.before],
    ] as const) {
      await editor.run(command)
      await shown(editor, edit, files)
      await saved(editor, desk, files)
    }
    expect(await editor.questions()).toEqual([])
    await until('all of it to be settled', async () =>
      (await desk.states()).every((state) => state !== 'pending'),
    )
  })
  await editor.quit()
  await desk.serversGone()
  expect(desk.files()).toEqual(edit.before)
  expect((await desk.states())[0]).toBe('undone')
}

/** Waits until the buffers that are there hold this. */
async function shown(editor: Editor, edit: Edit, files: Files): Promise<void> {
  const names = Object.keys(changed(edit))
  await until(
    'the buffers to show it',
    async () => {
      const texts = await editor.texts()
      return names.every((name) => texts[name] === undefined || sameText(texts[name], files[name]!))
    },
    () => editor.texts(),
  )
}

async function saved(editor: Editor, desk: Desk, files: Files): Promise<void> {
  await editor.saveAll()
  await untilEqual('all to be saved', () => desk.files(), files)
}
