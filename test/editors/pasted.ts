import { expect } from 'vitest'
import { asTold } from './as-told.ts'
import { until, untilEqual } from './desk.ts'
import type { EditorKind } from './editor.ts'
import { RENAME } from './edits.ts'
import { emacs } from './emacs/emacs.ts'
import { sameText } from './endings.ts'
import { helix } from './helix/helix.ts'
import { ALL } from './matrix.ts'
import { neovim } from './neovim/neovim.ts'
import type { PastedDesk } from './pasted-desk.ts'
import { untilShown } from './shown.ts'

/** An editor whose user has pasted what `lsp-wal config` prints. */
export interface Pasted {
  readonly kind: EditorKind
  /** As `lsp-wal config` calls it. */
  readonly config: string
  /** What its user types to take an edit back. */
  readonly undo: string
  /** Says that a file of no project is to be worked on in its folder. */
  readonly bringsFolder?: true
}

const inNeovim = { undo: 'LspWalUndo' }
const inEmacs = { undo: 'lsp-wal-undo' }
const inHelix = { config: 'helix', undo: 'lsp-workspace-command lsp-wal.undo' }

/** Those of Neovim differ in what is pasted, so both are always run. */
const NEXT: readonly Pasted[] = [
  {
    kind: emacs('Emacs with eglot, next', 'eglot', '-next'),
    config: 'eglot',
    ...inEmacs,
    bringsFolder: true,
  },
  { kind: emacs('Emacs with lsp-mode, next', 'lsp-mode', '-next'), config: 'lsp-mode', ...inEmacs },
  { kind: helix('Helix, next', 'hx-next'), ...inHelix },
]

export const IN_EDITORS: readonly Pasted[] = [
  { kind: neovim('Neovim', 'nvim'), config: 'nvim-0.10', ...inNeovim, bringsFolder: true },
  { kind: neovim('Neovim, next', 'nvim-next'), config: 'nvim', ...inNeovim },
  { kind: emacs('Emacs with eglot', 'eglot'), config: 'eglot', ...inEmacs, bringsFolder: true },
  { kind: emacs('Emacs with lsp-mode', 'lsp-mode'), config: 'lsp-mode', ...inEmacs },
  { kind: helix('Helix', 'hx'), ...inHelix },
  ...(ALL ? NEXT : []),
]

/** A rename is made and saved, taken back by what its user types, and saved. */
export async function renamedAndUndone(desk: PastedDesk, { kind, undo }: Pasted): Promise<void> {
  const there = desk.files()
  const others = Object.fromEntries(Object.entries(there).filter(([name]) => !(name in RENAME.before)))
  const editor = await desk.start(kind, RENAME.shown)
  await asTold(editor, desk, async () => {
    await RENAME.make(editor, desk)
    await untilShown('the edit in the buffers', () => editor.texts(), RENAME)
    await editor.saveAll()
    await untilEqual('all to be saved', () => desk.files(), { ...RENAME.after, ...others })
    await editor.execute(undo)
    await until(
      'the buffers to be as before',
      async () => {
        const texts = await editor.texts()
        return Object.entries(RENAME.before).every(([name, text]) => sameText(texts[name] ?? text, text))
      },
      () => editor.texts(),
    )
    await editor.saveAll()
    await untilEqual('all to be as before', () => desk.files(), there)
    expect(await editor.questions()).toEqual([])
    await until('all of it to be settled', async () => !(await desk.states()).includes('pending'))
  })
  await editor.quit()
  await desk.serversGone()
}
