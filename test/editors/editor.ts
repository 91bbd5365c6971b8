import type { Program } from '../scenarios/real-servers/installed.ts'
import type { Desk } from './desk.ts'

/** A kind of editor, and how to start it. */
export interface EditorKind {
  /** As the tables call it. */
  readonly title: string
  /** What has to be installed. */
  readonly programs: readonly Program[]
  /** Starts it in the workspace, with its language server behind lsp-wal. */
  start(desk: Desk): Promise<Editor>
  /** Shows a question of the server to its user. */
  readonly canBeAsked: boolean
  /** Ends its servers by SIGKILL when it quits: what they were about to note is lost. */
  readonly killsServers: boolean
  /** Takes no edit that moves a file. */
  readonly refusesMoves: boolean
  /** Moves a file for its user, having asked its server. */
  readonly movesFiles: boolean
  /** Picks a code action by its title. */
  readonly picksActions: boolean
  /** Writes files that it does not show as soon as an edit changes them; by default they wait in buffers. */
  readonly writesHidden?: true
  /** Looks whether a file was written by others before it changes its buffer, and asks or loads it. */
  readonly heedsOthers?: true
  /** Starts servers of its own choice for other languages than TypeScript. */
  readonly choosesServers?: true
  /** Tells its server of no save, where that only says that it likes to know (`save: true`). */
  readonly keepsSavesToItself?: true
}

/** An editor that runs. What it is told to do it does as for its user, and is waited for. */
export interface Editor {
  readonly pid: number
  /** Shows a file; its server knows of it then. */
  open(name: string): Promise<void>
  /** Renames the first of a word in a file; the answer may still be on its way. */
  rename(name: string, word: string, newName: string): Promise<void>
  /** Types a command of the editor itself. */
  execute(command: string): Promise<void>
  /** Runs a command of the server; its edit may still be on its way. */
  run(command: string): Promise<void>
  /** Picks a code action, with the first line of a file selected; its edit may still be on its way. */
  act?(name: string, title: string): Promise<void>
  /** Moves a file; its edit may still be on its way. */
  move?(name: string, newName: string): Promise<void>
  /** What its buffers hold, by the files' names; those that it has not loaded, and does not write, are left out. */
  texts(): Promise<Readonly<Record<string, string>>>
  /** The files that a server which is started again hears of; by default all that it knew. */
  loaded?(): Promise<readonly string[]>
  /** Waits until its user is asked something. */
  asked(): Promise<string>
  /** Everything that its user was asked. */
  questions(): Promise<readonly string[]>
  answer(choice: string): Promise<void>
  /** Takes the last change of one buffer back. */
  undo(name: string): Promise<void>
  /** Types a line at the end of a file. */
  type(name: string, line: string): Promise<void>
  save(name: string): Promise<void>
  saveAll(): Promise<void>
  restartServer(): Promise<void>
  /** What it has told its user, for whoever reads that a test failed. */
  told(): Promise<string>
  /** Quits; what is not saved is lost. */
  quit(): Promise<void>
}
