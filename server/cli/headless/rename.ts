import { parseArgs } from 'node:util'
import { type Command, EXIT, orUsage, UsageError } from '../command.ts'
import { countOf, HEADLESS_OPTIONS, headlessOptions, OPTIONS_USAGE, splitServer } from './options.ts'
import { runHeadless } from './run.ts'
import { placeOf } from './target.ts'
import { tellRefusal } from './tell.ts'
import type { HeadlessTools } from './tools.ts'

const USAGE = `Usage: lsp-wal rename [options] FILE:LINE:COLUMN NEWNAME -- SERVER [ARG...]

Starts a language server, has it rename what stands there, and writes what it answers: recorded first, in all
its files or in none. Lines and columns count from 1, columns in bytes, as \`rg --vimgrep\` writes them.

    lsp-wal rename src/area.ts:2:17 surface -- typescript-language-server --stdio
    lsp-wal rename --dry-run src/area.ts:2:17 surface -- typescript-language-server --stdio

    --files N        ask again until the edit covers so many files at least: for a server that answers before
                     it has read everything
${OPTIONS_USAGE}
Exit status: ${EXIT.done} done, ${EXIT.error} not done and nothing written, ${EXIT.usage} usage, ${EXIT.partly} a file could neither be written nor the
others be put back, ${EXIT.waiting} an edit that was cut short waits to be recovered first.
`

/** `lsp-wal rename`. `--json`: {@link HeadlessJson}. */
export const renameWith =
  (tools: HeadlessTools): Command =>
  async (around, args) => {
    const { own, server } = splitServer(args)
    const options = { ...HEADLESS_OPTIONS, files: { type: 'string' } } as const
    const { values, positionals } = orUsage(
      () => parseArgs({ args: [...own], options, allowPositionals: true }),
      options,
    )
    if (values.help) {
      around.out(USAGE)
      return EXIT.done
    }
    const [place, newName, ...others] = positionals
    if (place === undefined || newName === undefined || others.length > 0 || newName === '')
      throw new UsageError('rename takes FILE:LINE:COLUMN and the new name')
    const headless = headlessOptions(values, server, around.cwd)
    const files = values.files === undefined ? undefined : countOf(values.files, '--files')
    const want = { what: 'rename', newName, ...(files !== undefined && { files }) } as const
    return runHeadless(around, tools, placeOf(place, around.cwd), want, headless, ({ answer }) =>
      tellRefusal(around, `the client answered ${answer}`, headless.json),
    )
  }
