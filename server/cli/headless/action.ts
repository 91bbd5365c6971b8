import { parseArgs } from 'node:util'
import { columnsOf, padTo } from '../columns.ts'
import { type Command, EXIT, orUsage, type Surroundings, UsageError } from '../command.ts'
import { styleFor } from '../style.ts'
import { jsonText, plainText } from '../text.ts'
import type { OfferedAction, Want } from './ask-server.ts'
import { HEADLESS_OPTIONS, headlessOptions, OPTIONS_USAGE, splitServer } from './options.ts'
import { runHeadless } from './run.ts'
import { targetOf } from './target.ts'
import { tellRefusal } from './tell.ts'
import type { HeadlessTools } from './tools.ts'

const USAGE = `Usage: lsp-wal action [--kind KIND] [--title TITLE] [options] PLACE -- SERVER [ARG...]

Starts a language server and lists the code actions that it offers there; with --title, or with --run, runs the
one that is meant, and writes what the server answers: recorded first, in all its files or in none.
PLACE is FILE, FILE:LINE:COLUMN or FILE:LINE:COLUMN-LINE:COLUMN; lines and columns count from 1, columns in bytes.

    lsp-wal action src/area.ts:2:17 -- typescript-language-server --stdio
    lsp-wal action --title 'Move to a new file' src/area.ts:2:17 -- typescript-language-server --stdio
    lsp-wal action --run --kind source.organizeImports src/area.ts -- typescript-language-server --stdio

    --kind KIND      only actions of this kind (quickfix, refactor.extract, source.fixAll, ...)
    --title TITLE    run the one that is called so; /REGULAR EXPRESSION/ matches a part
    --run            run the one that there is
${OPTIONS_USAGE}
With --json a list is {server, actions: [{title, kind, preferred, disabled?}]}; where none or more than one
action is meant, they are in \`actions\`, too.

Exit status: ${EXIT.done} done, ${EXIT.error} not done and nothing written, ${EXIT.usage} usage, ${EXIT.partly} a file could neither be written nor the
others be put back, ${EXIT.waiting} an edit that was cut short waits to be recovered first.
`

/** `lsp-wal action`. `--json`: {@link HeadlessJson}, or the list. */
export const actionWith =
  (tools: HeadlessTools): Command =>
  async (around, args) => {
    const { own, server } = splitServer(args)
    const text = { type: 'string' } as const
    const options = {
      ...HEADLESS_OPTIONS,
      kind: text,
      title: text,
      run: { type: 'boolean', default: false },
    } as const
    const { values, positionals } = orUsage(
      () => parseArgs({ args: [...own], options, allowPositionals: true }),
      options,
    )
    if (values.help) {
      around.out(USAGE)
      return EXIT.done
    }
    const [place, ...others] = positionals
    if (place === undefined || others.length > 0)
      throw new UsageError('action takes one place: FILE, FILE:LINE:COLUMN or FILE:LINE:COLUMN-LINE:COLUMN')
    const isRun = values.run || values.title !== undefined
    if (values['dry-run'] && !isRun)
      throw new UsageError('--dry-run needs --title or --run: a list writes nothing')
    const headless = headlessOptions(values, server, around.cwd)
    return runHeadless(
      around,
      tools,
      targetOf(place, around.cwd),
      wantOf(values, isRun),
      headless,
      (answer) => {
        if (answer.answer === 'choose') return tellChoice(around, answer, headless.json)
        around.out(
          headless.json
            ? jsonText({ server: answer.server, actions: answer.actions })
            : answer.actions.length === 0
              ? 'No code action is offered there.\n'
              : menuText(around, answer.actions),
        )
        return EXIT.done
      },
    )
  }

function wantOf(
  { kind, title }: { kind?: string | undefined; title?: string | undefined },
  isRun: boolean,
): Want {
  const ofKind = kind === undefined ? {} : { kind }
  if (!isRun) return { what: 'actions', ...ofKind }
  return { what: 'action', ...ofKind, ...(title !== undefined && { title }) }
}

function tellChoice(
  around: Surroundings,
  { reason, actions }: { readonly reason: string; readonly actions: readonly OfferedAction[] },
  json: boolean,
): number {
  const exit = tellRefusal(around, reason, json, { actions })
  if (!json && actions.length > 0) around.err(menuText({ ...around, colour: false }, actions))
  return exit
}

function menuText({ colour }: Pick<Surroundings, 'colour'>, actions: readonly OfferedAction[]): string {
  const style = styleFor(colour)
  const kinds = actions.map(({ kind }) => plainText(kind) || '-')
  const columns = Math.max(...kinds.map(columnsOf)) + 2
  return actions
    .map(({ title, preferred, disabled }, i) => {
      const note =
        disabled === undefined ? (preferred ? '  (preferred)' : '') : `  (not here: ${plainText(disabled)})`
      return `${style.name(padTo(kinds[i]!, columns))}${plainText(title)}${style.faint(note)}\n`
    })
    .join('')
}
