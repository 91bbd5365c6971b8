import { expect } from 'vitest'
import { runs } from '../scenarios/relay/processes.ts'
import { canonical, type Desk, until, untilEqual } from './desk.ts'
import type { Editor } from './editor.ts'
import { changed, type Edit, meant } from './edits.ts'

/** How it goes on once an edit shows in an editor's buffers, and what then must be true. */
export interface Ending {
  readonly title: string
  /** All of it, until the editor is gone. */
  readonly happens: (editor: Editor, desk: Desk, edit: Edit) => Promise<void>
  /** How much of the edit is on disk then. */
  readonly saved: 'all' | 'one' | 'none'
  /** What the log says of it then. */
  readonly state: 'landed' | 'torn' | 'pending' | 'reverted'
  /** What the next start does about it. */
  readonly next: 'nothing' | 'finishes' | 'offers'
  /** The edits that it can happen to; all by default. */
  readonly isFor?: (edit: Edit) => boolean
  /** For which edits `npm test` runs it, too; `npm run test:editors` runs it for all. */
  readonly usually?: 'for a rename' | 'for every edit'
}

const saveAll = async (editor: Editor, desk: Desk, edit: Edit) => {
  await editor.saveAll()
  await untilEqual('all to be saved', () => meant(edit, desk.files()), edit.after)
  // As long as there is a proxy, it sees that; how soon is its own affair, and some editors kill it when they quit.
  if (runs(desk.server.proxy)) await untilEqual('the edit to have landed', () => desk.states(), ['landed'])
}

const saveOne = async (editor: Editor, desk: Desk, edit: Edit) => {
  await editor.save(edit.shown)
  await untilEqual('one to be saved', () => desk.files(), onDisk(edit, 'one'))
  if (isWhole(edit, 'one')) await untilEqual('the edit to have landed', () => desk.states(), ['landed'])
}

/** Nothing was to be asked up to now. */
const unasked = async (editor: Editor) => expect(await editor.questions()).toEqual([])

const quit = async (editor: Editor) => {
  await unasked(editor)
  await editor.quit()
}

const kill = (pid: number) => process.kill(pid, 'SIGKILL')

const restart = async (editor: Editor, desk: Desk, edit: Edit) => {
  const loaded = await editor.loaded?.()
  const isTold = ([name]: [string, string]) => loaded?.includes(name) ?? true
  const known = Object.entries(desk.texts).filter(isTold)
  await editor.restartServer()
  // The server that was started again is told what the buffers hold.
  await until(
    'the server to know the buffers',
    () => known.every(([name, text]) => sameText(desk.texts[name], text)),
    () => desk.texts,
  )
  await until(
    'the server to be told of the edit',
    () =>
      Object.entries(changed(edit))
        .filter(isTold)
        .every(([name, text]) => sameText(desk.texts[name], text)),
    () => desk.texts,
  )
}

const killServer = async ({ pid, proxy }: Desk['server'], desk: Desk, whom: 'pid' | 'proxy') => {
  kill(whom === 'pid' ? pid : proxy)
  await desk.serversGone()
}

export const ENDINGS: readonly Ending[] = [
  {
    title: 'saved, quit',
    happens: async (editor, desk, edit) => {
      await saveAll(editor, desk, edit)
      await quit(editor)
    },
    saved: 'all',
    state: 'landed',
    next: 'nothing',
    usually: 'for a rename',
  },
  {
    title: 'one file saved, quit',
    happens: async (editor, desk, edit) => {
      await saveOne(editor, desk, edit)
      await quit(editor)
    },
    saved: 'one',
    state: 'torn',
    next: 'finishes',
  },
  {
    title: 'quit without saving',
    happens: (editor) => quit(editor),
    saved: 'none',
    state: 'pending',
    next: 'offers',
    usually: 'for every edit',
  },
  {
    title: 'editor killed',
    happens: async (editor) => {
      await unasked(editor)
      kill(editor.pid)
    },
    saved: 'none',
    state: 'pending',
    next: 'offers',
  },
  {
    title: 'one file saved, editor killed',
    happens: async (editor, desk, edit) => {
      await saveOne(editor, desk, edit)
      await unasked(editor)
      kill(editor.pid)
    },
    saved: 'one',
    state: 'torn',
    next: 'finishes',
    usually: 'for every edit',
  },
  {
    title: 'proxy killed, saved, quit',
    happens: async (editor, desk, edit) => {
      await killServer(desk.server, desk, 'proxy')
      await saveAll(editor, desk, edit)
      await quit(editor)
    },
    saved: 'all',
    state: 'pending',
    next: 'nothing',
  },
  {
    title: 'proxy killed, server restarted, saved, quit',
    happens: async (editor, desk, edit) => {
      await killServer(desk.server, desk, 'proxy')
      await restart(editor, desk, edit)
      expect(desk.files()).toEqual(edit.made)
      await saveAll(editor, desk, edit)
      await quit(editor)
    },
    saved: 'all',
    state: 'landed',
    next: 'nothing',
    usually: 'for a rename',
  },
  {
    title: 'one file saved, proxy killed, editor killed',
    happens: async (editor, desk, edit) => {
      await saveOne(editor, desk, edit)
      await killServer(desk.server, desk, 'proxy')
      await unasked(editor)
      kill(editor.pid)
    },
    saved: 'one',
    state: 'torn',
    next: 'finishes',
  },
  {
    title: 'server killed, restarted, saved, quit',
    happens: async (editor, desk, edit) => {
      await killServer(desk.server, desk, 'pid')
      await restart(editor, desk, edit)
      expect(desk.files()).toEqual(edit.made)
      await saveAll(editor, desk, edit)
      await quit(editor)
    },
    saved: 'all',
    state: 'landed',
    next: 'nothing',
  },
  {
    title: 'server restarted, saved, quit',
    happens: async (editor, desk, edit) => {
      await restart(editor, desk, edit)
      expect(desk.files()).toEqual(edit.made)
      await saveAll(editor, desk, edit)
      await quit(editor)
    },
    saved: 'all',
    state: 'landed',
    next: 'nothing',
    usually: 'for a rename',
  },
  {
    title: 'one file saved, server restarted, quit',
    happens: async (editor, desk, edit) => {
      await saveOne(editor, desk, edit)
      await restart(editor, desk, edit)
      expect(desk.files()).toEqual(onDisk(edit, 'one'))
      await quit(editor)
    },
    saved: 'one',
    state: 'torn',
    next: 'finishes',
  },
  {
    title: 'undone in each buffer, quit',
    happens: async (editor, desk, edit) => {
      for (const name of Object.keys(changed(edit))) await editor.undo(name)
      const areBack = (texts: Readonly<Record<string, string>>) =>
        Object.keys(changed(edit)).every((name) => sameText(texts[name], edit.before[name]!))
      await until(
        'the buffers to be as before',
        async () => areBack(await editor.texts()),
        () => editor.texts(),
      )
      await until(
        'the server to know',
        () => areBack(desk.texts),
        () => desk.texts,
      )
      await untilEqual('the edit to be reverted', () => desk.states(), ['reverted'])
      await quit(editor)
    },
    isFor: ({ before, made }) => before === made,
    saved: 'none',
    state: 'reverted',
    next: 'nothing',
    usually: 'for a rename',
  },
]

/** What is on disk when so much of an edit was saved. */
export function onDisk(edit: Edit, saved: Ending['saved']): Readonly<Record<string, string>> {
  if (saved === 'all') return edit.after
  if (saved === 'none') return edit.made
  return { ...edit.made, [edit.shown]: edit.after[edit.shown]! }
}

/** Whether that is all of it. */
export function isWhole(edit: Edit, saved: Ending['saved']): boolean {
  return canonical(onDisk(edit, saved)) === canonical(edit.after)
}

/** Some editors keep no line's end but LF in their buffers. */
export function sameText(one: string | undefined, other: string): boolean {
  return one?.replaceAll('\r\n', '\n') === other.replaceAll('\r\n', '\n')
}
