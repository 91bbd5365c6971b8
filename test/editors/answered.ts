import { writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { asTold } from './as-told.ts'
import { Desk, until, untilEqual } from './desk.ts'
import type { Editor, EditorKind } from './editor.ts'
import { asIn, type Edit, RENAME } from './edits.ts'
import { onDisk, sameText } from './endings.ts'
import { untilShown } from './shown.ts'

/** What the user is asked about at the next start, what they answer, and what then must be true. */
export interface Answer {
  readonly title: string
  /** How much was saved before the editor died; of one file, another was written again since. */
  readonly saved: 'one' | 'none'
  /** What another program writes under the buffers before the edit is made. */
  readonly others?: Readonly<Record<string, string>>
  readonly asks: RegExp
  readonly choice: 'Forget it' | 'Roll it back' | 'Finish it'
  /** On disk then. */
  readonly files: (edit: Edit) => Readonly<Record<string, string>>
  /** What the log says of the edit then. */
  readonly state: string
  /** Whether `npm test` runs it, too. */
  readonly usually?: true
}

const OTHERS = { 'a.ts': 'foo(1)\nof somebody else\n' }

export const ANSWERS: readonly Answer[] = [
  {
    title: 'never saved, forgotten',
    saved: 'none',
    asks: /it was never saved/,
    choice: 'Forget it',
    files: ({ before }) => before,
    state: 'abandoned',
    usually: true,
  },
  {
    title: 'one file saved, another written again, rolled back',
    saved: 'one',
    asks: /c\.ts was written again since/,
    choice: 'Roll it back',
    files: ({ before }) => before,
    state: 'rolled-back',
    usually: true,
  },
  {
    title: 'one file saved, another written again, finished',
    saved: 'one',
    asks: /c\.ts was written again since/,
    choice: 'Finish it',
    files: ({ after }) => after,
    state: 'recovered',
  },
  {
    title: 'one file saved, another written again, forgotten',
    saved: 'one',
    asks: /c\.ts was written again since/,
    choice: 'Forget it',
    files: (edit) => left(edit, { saved: 'one' }),
    state: 'abandoned',
  },
  {
    title: 'another program had written under the buffer, rolled back',
    saved: 'none',
    others: OTHERS,
    asks: /a\.ts was written by another program, or opened with unsaved work/,
    choice: 'Roll it back',
    files: ({ before }) => ({ ...before, ...OTHERS }),
    state: 'rolled-back',
    usually: true,
  },
]

/** An edit that was cut short is decided upon by the user of an editor that shows a file of it. */
export async function answered(kind: EditorKind, answer: Answer): Promise<void> {
  const edit = asIn(kind, RENAME)
  using desk = new Desk(edit.before, edit.server)
  const first = await desk.start(kind, edit.shown)
  await asTold(first, desk, () => cutShort(first, desk, edit, answer))
  await desk.serversGone()
  if (answer.saved === 'one') writeFileSync(desk.stage.path('c.ts'), left(edit, answer)['c.ts']!)

  const second = await desk.start(kind, edit.hidden)
  await asTold(second, desk, () => decided(second, desk, edit, answer))
  await desk.serversGone()
  expect(desk.files()).toEqual(answer.files(edit))
  expect((await desk.states())[0]).toBe(answer.state)
  if (!kind.killsServers) expect(desk.liveSessions).toBe(0)
}

async function cutShort(
  editor: Editor,
  desk: Desk,
  edit: Edit,
  { saved, others = {} }: Answer,
): Promise<void> {
  for (const [name, text] of Object.entries(others)) writeFileSync(desk.stage.path(name), text)
  await edit.make(editor, desk)
  await untilShown('the edit in the buffers', () => editor.texts(), edit)
  await until('the log to say that the editor has it', () => desk.isNoted)
  if (saved === 'none') return editor.quit()
  if (isOnlyInBuffers(edit)) {
    await editor.save(edit.shown)
    await untilEqual('one to be saved', () => desk.files(), onDisk(edit, 'one'))
  }
  process.kill(editor.pid, 'SIGKILL')
}

async function decided(editor: Editor, desk: Desk, edit: Edit, answer: Answer): Promise<void> {
  expect(await editor.asked()).toMatch(answer.asks)
  // Nothing is done before there is an answer.
  expect(desk.files()).toEqual(left(edit, answer))
  await editor.answer(answer.choice)
  await untilEqual(`it to be ${answer.state}`, async () => (await desk.states())[0], answer.state)
  // The file that is open is written in its buffer alone.
  const text = answer.files(edit)[edit.hidden]!
  await until(
    'the open file to be as it is to be',
    async () => sameText((await editor.texts())[edit.hidden], text),
    () => editor.texts(),
  )
  if (text !== edit.before[edit.hidden]) await editor.saveAll()
  await untilEqual('the files to be as they are to be', () => desk.files(), answer.files(edit))
  expect(await editor.questions()).toHaveLength(1)
  // Some tell of their buffers only at the next key: that is no reason to say that a file was left alone.
  expect(await editor.told()).not.toContain('left alone')
  await editor.quit()
}

/** On disk when it is decided upon. */
function left(
  edit: Edit,
  { saved, others }: Pick<Answer, 'saved' | 'others'>,
): Readonly<Record<string, string>> {
  if (saved === 'none') return { ...onDisk(edit, saved), ...others }
  const files = isOnlyInBuffers(edit) ? onDisk(edit, saved) : edit.made
  return { ...files, 'c.ts': edit.before['c.ts']! }
}

/** Until something is saved; elsewhere all but the shown file is written already. */
function isOnlyInBuffers({ before, made }: Edit): boolean {
  return before === made
}
