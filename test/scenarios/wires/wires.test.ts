import { readdirSync } from 'node:fs'
import { describe, expect, test as plain } from 'vitest'
import { test } from '../relay/processes.ts'
import { recorded } from './recorded.ts'
import { replay, wireOf } from './wire.ts'

/**
 * What the log says when the session is over (of one that was killed when all was done: what it had seen by then); what
 * it says after the next start, and what that has written.
 */
type Row = readonly [
  name: string,
  over: readonly string[] | 'killed',
  next?: readonly string[],
  written?: readonly string[],
]

const UNSAVED = 'src/greet.ts untouched, src/main.ts untouched, src/report.ts untouched'
const ONE_SAVED = 'src/greet.ts landed, src/main.ts untouched, src/report.ts untouched'
const FINISHED = ['textDocument/rename: recovered', 'finish: landed']

const WIRES: readonly Row[] = [
  ['neovim-rename-saved', ['textDocument/rename: landed']],
  [
    'neovim-rename-one-saved-killed',
    [`textDocument/rename: torn, ${ONE_SAVED}`],
    FINISHED,
    ['src/main.ts', 'src/report.ts'],
  ],
  // As much as a quit without saving shows: it is offered, and nothing is done unasked.
  ['neovim-rename-killed-at-once', [`textDocument/rename: pending, ${UNSAVED}`]],
  ['neovim-package-rename', ['textDocument/rename: landed']],
  ['eglot-rename-saved', ['textDocument/rename: landed']],
  ['eglot-rename-not-saved', [`textDocument/rename: pending, ${UNSAVED}`]],
  [
    'eglot-code-action-not-saved',
    ['workspace/applyEdit: pending, src/area.ts untouched, src/main.ts untouched'],
  ],
  ['eglot-refuses-operations', ['workspace/applyEdit: rejected']],
  [
    'lsp-mode-rename-one-saved-killed',
    [`textDocument/rename: torn, ${ONE_SAVED}`],
    FINISHED,
    ['src/main.ts', 'src/report.ts'],
  ],
  ['helix-rename-saved', 'killed', ['textDocument/rename: landed']],
  ['helix-change-before-open', [`textDocument/rename: pending, ${UNSAVED}`]],
  [
    'helix-package-rename-skips-operations',
    ['textDocument/rename: torn, forms/more.go drifted, forms/shapes.go drifted, main.go landed'],
  ],
  ['helix-module-rename', 'killed', ['textDocument/rename: landed', 'workspace/willRenameFiles: landed']],
  ['helix-extract-to-new-file', 'killed', ['workspace/applyEdit: landed']],
]

describe.concurrent('a recorded session comes to its end, path by path, and the next start to its own', () => {
  test.for(WIRES)('%s', async ([name, over, next = over, written = []], { stage, processes, expect }) => {
    await replay(stage, processes, wireOf(name, stage))
    if (over !== 'killed') expect(await recorded(stage)).toEqual(over)
    const before = stage.files()
    expect(await stage.headless([], [], stage.wrapped())).toMatchObject({ status: 0 })
    expect(await recorded(stage)).toEqual(next)
    const after = stage.files()
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
    expect(names.filter((name) => before[name] !== after[name])).toEqual(written)
  })
})

plain('every recorded session is played', () => {
  const fixtures = readdirSync(new URL('../../fixtures/wires/', import.meta.url))
  const played = WIRES.map(([name]) => `${name}.jsonl`)
  expect(played.sort()).toEqual(fixtures.filter((name) => name.endsWith('.jsonl')).sort())
})
