import type { Stage } from '../../scenarios/stage.ts'

/** Files by name, their bytes as latin-1. */
export type Files = Readonly<Record<string, string>>

/** Edits for the real program, one after the other. */
export interface RealWorkload {
  readonly name: string
  readonly before: Files
  /** After the first edit, after the second, ... */
  readonly after: readonly Files[]
  readonly edits: (stage: Stage) => readonly object[]
  /** After how many saved files the editor dies, so that the last edit is torn. */
  readonly dieAt: number
  /** What somebody else makes of the files before they are undone, and what an undo makes of them then. */
  readonly later?: { readonly files: Files; readonly undone: Files }
  /** Files that have another name, outside the workspace: they are written in place. */
  readonly secondNames?: readonly string[]
}

const range = (line: number, start: number, end: number) => ({
  start: { line, character: start },
  end: { line, character: end },
})
const changed = (line: number, start: number, end: number, newText: string) => ({
  range: range(line, start, end),
  newText,
})

const many = Array.from({ length: 4000 }, (_, n) => `line ${n}\n`).join('')

export const REAL_WORKLOADS: readonly RealWorkload[] = [
  {
    name: 'text in three files, with both line endings and a byte order mark',
    before: { 'a.ts': 'foo = 1\n', 'b.ts': '\xef\xbb\xbfuse(foo)\r\n', 'lib/c.ts': '\xe2\x82\xac foo' },
    after: [{ 'a.ts': 'sum = 1\n', 'b.ts': '\xef\xbb\xbfuse(sum)\r\n', 'lib/c.ts': '\xe2\x82\xac sum' }],
    edits: (stage) => [
      {
        changes: {
          [stage.uri('a.ts')]: [changed(0, 0, 3, 'sum')],
          [stage.uri('b.ts')]: [changed(0, 4, 7, 'sum')],
          [stage.uri('lib/c.ts')]: [changed(0, 2, 5, 'sum')],
        },
      },
    ],
    dieAt: 1,
  },
  {
    name: 'a file moved to a new folder, one made, one deleted, and what refers to them',
    before: { 'a.ts': 'export a\n', 'b.ts': 'import "./a"\n', 'old.ts': 'old\n' },
    after: [{ 'lib/z.ts': 'export z\n', 'b.ts': 'import "./lib/z"\n', 'new.ts': 'new\n' }],
    edits: (stage) => [
      {
        documentChanges: [
          { kind: 'rename', oldUri: stage.uri('a.ts'), newUri: stage.uri('lib/z.ts') },
          {
            textDocument: { uri: stage.uri('lib/z.ts'), version: null },
            edits: [changed(0, 7, 8, 'z')],
          },
          {
            textDocument: { uri: stage.uri('b.ts'), version: null },
            edits: [changed(0, 8, 11, './lib/z')],
          },
          { kind: 'create', uri: stage.uri('new.ts') },
          { textDocument: { uri: stage.uri('new.ts'), version: null }, edits: [changed(0, 0, 0, 'new\n')] },
          { kind: 'delete', uri: stage.uri('old.ts') },
        ],
      },
    ],
    dieAt: 1,
  },
  {
    name: 'an empty file filled and a full one emptied',
    before: { 'empty.ts': '', 'full.ts': 'all of it\n' },
    after: [{ 'empty.ts': 'filled\n', 'full.ts': '' }],
    edits: (stage) => [
      {
        changes: {
          [stage.uri('empty.ts')]: [changed(0, 0, 0, 'filled\n')],
          [stage.uri('full.ts')]: [
            { range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } }, newText: '' },
          ],
        },
      },
    ],
    dieAt: 1,
  },
  {
    name: 'a large file and a small one',
    before: { 'large.ts': many, 'small.ts': 'small\n' },
    after: [{ 'large.ts': many.replace('line 2000\n', 'elsewhere\n'), 'small.ts': 'tiny\n' }],
    edits: (stage) => [
      {
        changes: {
          [stage.uri('large.ts')]: [changed(2000, 0, 9, 'elsewhere')],
          [stage.uri('small.ts')]: [changed(0, 0, 5, 'tiny')],
        },
      },
    ],
    dieAt: 1,
  },
  {
    name: 'two edits over one another',
    before: { 'a.ts': 'one\n', 'b.ts': 'one\n' },
    after: [
      { 'a.ts': 'two\n', 'b.ts': 'two\n' },
      { 'a.ts': 'three\n', 'b.ts': 'three\n' },
    ],
    edits: (stage) => [
      {
        changes: {
          [stage.uri('a.ts')]: [changed(0, 0, 3, 'two')],
          [stage.uri('b.ts')]: [changed(0, 0, 3, 'two')],
        },
      },
      {
        changes: {
          [stage.uri('a.ts')]: [changed(0, 0, 3, 'three')],
          [stage.uri('b.ts')]: [changed(0, 0, 3, 'three')],
        },
      },
    ],
    dieAt: 3,
  },
  {
    name: 'a folder moved, with a file in it that is edited on the way and two that are not',
    before: {
      'src/a.ts': 'export a\n',
      'src/deep/b.ts': 'export b\n',
      'src/deep/c.bin': '\xff\x00\xfe',
      'main.ts': 'import "./src/a"\n',
    },
    after: [
      {
        'lib/a.ts': 'export z\n',
        'lib/deep/b.ts': 'export b\n',
        'lib/deep/c.bin': '\xff\x00\xfe',
        'main.ts': 'import "./lib/a"\n',
      },
    ],
    edits: (stage) => [
      {
        documentChanges: [
          { kind: 'rename', oldUri: stage.uri('src'), newUri: stage.uri('lib') },
          {
            textDocument: { uri: stage.uri('lib/a.ts'), version: null },
            edits: [changed(0, 7, 8, 'z')],
          },
          {
            textDocument: { uri: stage.uri('main.ts'), version: null },
            edits: [changed(0, 10, 13, 'lib')],
          },
        ],
      },
    ],
    dieAt: 1,
  },
  {
    name: 'a file that somebody else changes before it is undone, and one that nobody does',
    before: { 'a.ts': 'foo = 1\n\n\n\nend\n', 'b.ts': 'use(foo)\n' },
    after: [{ 'a.ts': 'sum = 1\n\n\n\nend\n', 'b.ts': 'use(sum)\n' }],
    edits: (stage) => [
      {
        changes: {
          [stage.uri('a.ts')]: [changed(0, 0, 3, 'sum')],
          [stage.uri('b.ts')]: [changed(0, 4, 7, 'sum')],
        },
      },
    ],
    dieAt: 1,
    later: {
      files: { 'a.ts': 'sum = 1\n\n\n\nthe end\n', 'b.ts': 'use(sum)\n' },
      undone: { 'a.ts': 'foo = 1\n\n\n\nthe end\n', 'b.ts': 'use(foo)\n' },
    },
  },
  {
    name: 'a file with a second name, which is written in place, and one with none',
    before: { 'a.ts': 'one name\n', 'b.ts': 'one of two names\n' },
    after: [{ 'a.ts': 'any name\n', 'b.ts': 'any of two names\n' }],
    edits: (stage) => [
      {
        changes: {
          [stage.uri('a.ts')]: [changed(0, 0, 3, 'any')],
          [stage.uri('b.ts')]: [changed(0, 0, 3, 'any')],
        },
      },
    ],
    dieAt: 1,
    secondNames: ['b.ts'],
  },
]
