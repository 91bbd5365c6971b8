import { type Desk, type Server, WORDS } from './desk.ts'
import type { Editor, EditorKind } from './editor.ts'

type Files = Readonly<Record<string, string>>

/** An edit over several files, as a user of any editor comes by it. */
export interface Edit {
  readonly title: string
  readonly server: Server
  /** Why it is not made in an editor. */
  readonly leftOut?: (kind: EditorKind) => string | undefined
  /** The road that it is recorded with. */
  readonly road: string
  readonly before: Files
  /** On disk once the editor has it: editors move files at once, and keep texts in their buffers. */
  readonly made: Files
  readonly after: Files
  /** On disk once it is undone; `before` by default. */
  readonly undone?: Files
  /** Texts that editors make of those of files: by the name, what is meant by what is there. */
  readonly also?: Readonly<Record<string, Files>>
  /** The file that is shown, and saved where only one is. */
  readonly shown: string
  /** A file that is not shown. */
  readonly hidden: string
  make(editor: Editor, desk: Desk): Promise<void>
}

const FOO: Files = {
  'a.ts': 'foo(1)\n',
  'b.ts': 'import foo\n',
  'c.ts': 'one\r\nuse(foo, foo)\r\n',
  'd.ts': 'é 𝄞 foo\n',
}
const BAR: Files = {
  'a.ts': 'bar(1)\n',
  'b.ts': 'import bar\n',
  'c.ts': 'one\r\nuse(bar, bar)\r\n',
  'd.ts': 'é 𝄞 bar\n',
}

export const RENAME: Edit = {
  title: 'a rename',
  server: WORDS,
  road: 'textDocument/rename',
  before: FOO,
  made: FOO,
  after: BAR,
  shown: 'a.ts',
  hidden: 'b.ts',
  make: (editor) => editor.rename('a.ts', 'foo', 'bar'),
}

const REPLACE: Edit = {
  ...RENAME,
  title: "a command's edit",
  road: 'workspace/applyEdit',
  make: (editor) => editor.run('words.replace'),
}

const IMPORTING: Files = { 'one.ts': 'import old\n', 'two.ts': 'import old\n' }
const IMPORTED: Files = { 'one.ts': 'import new\n', 'two.ts': 'import new\n' }

export const MOVE: Edit = {
  title: "a command's move",
  server: WORDS,
  road: 'workspace/applyEdit',
  before: { ...IMPORTING, 'old.ts': 'what is old\n' },
  made: { ...IMPORTING, 'new.ts': 'what is old\n' },
  after: { ...IMPORTED, 'new.ts': 'what is old\n' },
  shown: 'one.ts',
  hidden: 'two.ts',
  make: (editor) => editor.run('words.move'),
}

const OWN_MOVE: Edit = {
  ...MOVE,
  title: "the editor's move",
  server: { ...WORDS, command: (trace) => [...WORDS.command(trace), 'moves'] },
  leftOut: notMoving,
  road: 'workspace/willRenameFiles',
  make: (editor) => editor.move!('old.ts', 'new.ts'),
}

export const EDITS = [RENAME, REPLACE, MOVE, OWN_MOVE] as const

/** Of an edit that comes with an editor's own move. */
export function notMoving({ movesFiles }: EditorKind): string | undefined {
  return movesFiles ? undefined : 'it asks no server before it moves a file'
}

/** An edit as it goes in an editor that writes what it does not show. */
export function asIn({ writesHidden }: EditorKind, edit: Edit): Edit {
  if (writesHidden === undefined) return edit
  const { road, before, after, shown } = edit
  // What a command changes is shown nowhere, as it sees it.
  const made = road === 'workspace/applyEdit' ? after : { ...after, [shown]: before[shown]! }
  return { ...edit, made, hidden: shown }
}

/** The texts of those files whose text an edit changes. */
export function changed({ before, made, after }: Edit): Files {
  const there = { ...made, ...before }
  return Object.fromEntries(
    Object.entries(after).filter(([name, text]) => name in there && there[name] !== text),
  )
}

/** Texts of an edit's files, with what editors make of some of them taken for what is meant. */
export function meant({ also }: Edit, texts: Files): Files {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, also?.[name]?.[text] ?? text] as const),
  )
}
