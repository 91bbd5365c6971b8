import { changesOf, summaryOf } from '../../history/changes.ts'
import type { Intent } from '../../journal/intent.ts'
import type { Left } from '../../recovery/ways.ts'
import { EXIT, type Surroundings } from '../command.ts'
import { type FileJson, fileJson } from '../entry-json.ts'
import { patchText } from '../patch.ts'
import { jsonText, plainText, shownPath } from '../text.ts'
import type { OfferedAction } from './ask-server.ts'
import type { Done } from './carry-out-edit.ts'

/** `--json` of the headless commands. Fields may be added; none of these changes its meaning. */
export interface HeadlessJson {
  /** Whether every file of the edit was written; else none was, unless `torn`. */
  readonly written: boolean
  /** Some files were written, and could not be put back when another one failed. */
  readonly torn?: true
  /** Of what was recorded: for `lsp-wal undo`. */
  readonly id?: string
  readonly server?: string
  readonly label?: string
  readonly files: readonly FileJson[]
  /** What stood in the way; `path` is empty where the reason names it. */
  readonly left: readonly Left[]
  /** With `--dry-run`. */
  readonly patch?: string
  /** Why it was not done. */
  readonly error?: string
  /** What there is to choose from. */
  readonly actions?: readonly OfferedAction[]
}

/** Says what became of an edit; gives the exit status. */
export function tellDone(around: Surroundings, done: Done, json: boolean): number {
  if (json) around.out(jsonText(jsonOf(around, done)))
  else sayDone(around, done)
  return done.kind === 'torn'
    ? EXIT.partly
    : done.kind === 'written' || done.kind === 'shown'
      ? EXIT.done
      : EXIT.error
}

/** Says why nothing was done; gives the exit status. */
export function tellRefusal(
  around: Surroundings,
  reason: string,
  json: boolean,
  more: Pick<HeadlessJson, 'actions'> = {},
): number {
  if (json)
    around.out(
      jsonText({ written: false, files: [], left: [], error: reason, ...more } satisfies HeadlessJson),
    )
  else around.err(`lsp-wal: ${reason.split('\n').map(plainText).join('\n')}\n`)
  return EXIT.error
}

function sayDone(around: Surroundings, done: Done): void {
  const { out, err } = around
  switch (done.kind) {
    case 'shown':
      out(patchText(around, changesOf(done.intent)))
      err(`lsp-wal: nothing was written: ${headOf(done.intent)}\n`)
      break
    case 'written':
      out(`${headOf(done.intent)}\n`)
      for (const { kind, path, from } of changesOf(done.intent))
        out(
          `  ${kind.padEnd('unknown '.length)} ${from === undefined ? '' : `${shownPath(around, from)} → `}${shownPath(around, path)}\n`,
        )
      out(`To take it back: lsp-wal undo ${done.intent.id.slice(0, 8)}\n`)
      break
    case 'refused':
    case 'taken back':
    case 'torn':
      err(`lsp-wal: ${errorOf(done)}\n`)
      for (const { path, reason } of done.left)
        err(`  ${path === '' ? '' : `${shownPath(around, path)}: `}${plainText(reason)}\n`)
  }
}

function headOf(intent: Intent): string {
  const summary = summaryOf(intent).join(', ')
  return `${plainText(intent.about.label)}: ${summary}`
}

function errorOf(done: Exclude<Done, { kind: 'written' | 'shown' }>): string {
  switch (done.kind) {
    case 'refused':
      return done.left.length === 0
        ? 'the edit changes nothing'
        : 'nothing was written: the edit cannot be carried out as a whole'
    case 'taken back':
      return 'not every file could be written; the others are as they were'
    case 'torn':
      return `not every file could be written, nor put back; see: lsp-wal show ${done.intent.id.slice(0, 8)}`
  }
}

function jsonOf(around: Surroundings, done: Done): HeadlessJson {
  const { intent } = done
  const what = {
    ...(intent !== undefined && { server: intent.about.server, label: intent.about.label }),
    files: intent === undefined ? [] : changesOf(intent).map((file) => fileJson(file)),
  }
  switch (done.kind) {
    case 'written':
      return { written: true, id: done.intent.id, ...what, left: [] }
    case 'shown': {
      const patch = patchText({ ...around, colour: false, width: undefined }, changesOf(done.intent))
      return { written: false, ...what, left: [], patch }
    }
    case 'refused':
      return { written: false, ...what, left: done.left, error: errorOf(done) }
    case 'taken back':
    case 'torn': {
      const torn = done.kind === 'torn' ? ({ torn: true } as const) : {}
      return { written: false, ...torn, id: done.intent.id, ...what, left: done.left, error: errorOf(done) }
    }
  }
}
