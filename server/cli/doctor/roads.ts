import { type Finding, ok, warning } from './finding.ts'

type Json = Readonly<Record<string, unknown>>

/** What a server can do means for its edits: by which roads they come, and which of those are recorded. */
export function roadFindings(capabilities: Json): Finding[] {
  const findings: Finding[] = []
  const { codeActionProvider, executeCommandProvider, renameProvider, workspace } = capabilities
  findings.push(
    isThere(renameProvider)
      ? ok('it renames: recorded before the editor sees it')
      : ok('it does not rename: nothing to record'),
  )
  if (isThere(codeActionProvider)) {
    const resolves = objectOf(codeActionProvider).resolveProvider === true
    findings.push(
      ok(
        `it has code actions${resolves ? ', and resolves them' : ''}: the one that is picked is recorded, in editors that ask for its edit then (Neovim, Emacs, Helix and VS Code do)`,
      ),
    )
  }
  const { commands } = objectOf(executeCommandProvider)
  const count = Array.isArray(commands) ? commands.length : 0
  findings.push(
    ok(
      `${count === 0 ? 'it has no commands' : `it has ${count} commands`}: edits that it sends itself (workspace/applyEdit) are recorded`,
    ),
  )
  const operations = objectOf(objectOf(workspace).fileOperations)
  const asked = ['willCreate', 'willRename', 'willDelete'].filter((name) => isThere(operations[name]))
  if (asked.length > 0)
    findings.push(ok(`it is asked before files change (${asked.join(', ')}): what it answers is recorded`))
  if (
    [
      'documentFormattingProvider',
      'documentRangeFormattingProvider',
      'documentOnTypeFormattingProvider',
    ].some((name) => isThere(capabilities[name]))
  )
    findings.push(
      ok('it formats: recorded only with --journal-formatting, since the editor takes that back itself'),
    )
  const sync = capabilities.textDocumentSync
  const change = typeof sync === 'number' ? sync : objectOf(sync).change
  if (change !== 1 && change !== 2)
    findings.push(
      warning(
        'it is not told what is typed: edits of files with unsaved changes may not be recorded exactly',
        'save before you refactor',
      ),
    )
  if (isThere(capabilities.notebookDocumentSync))
    findings.push(warning('it edits notebooks: edits of their cells pass unrecorded'))
  return findings
}

function isThere(provider: unknown): boolean {
  return provider !== undefined && provider !== null && provider !== false
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}
