import type { Row } from './rows.ts'

/** The roads in the order in which the table has them. */
const ROADS = [
  'textDocument/rename',
  'workspace/willRenameFiles',
  'workspace/applyEdit',
  'codeAction/resolve',
  'textDocument/codeAction',
  'textDocument/formatting',
]

/** The table of what real servers send, in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const sorted = [...rows].sort(
    (a, b) =>
      compare(a.server, b.server) ||
      ROADS.indexOf(a.road) - ROADS.indexOf(b.road) ||
      compare(a.label, b.label),
  )
  const lines = sorted.map((row, i) => {
    const first = sorted[i - 1]?.server !== row.server
    const cells = [
      first ? `${row.server} ${row.version}` : '',
      row.label.replaceAll('|', '\\|'),
      `\`${row.road}\``,
      shapeOf(row.edit),
      String(row.paths),
      verdict(row.recorded),
      verdict(row.undone),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '| server | edit | road | what it sends | paths | recorded exactly | undone to the byte |',
    '| --- | --- | --- | --- | ---: | --- | --- |',
    ...lines,
    '',
  ].join('\n')
}

function verdict(is: boolean): string {
  return is ? 'yes' : '**no**'
}

interface Change {
  readonly kind?: string
  readonly textDocument?: { readonly version?: number | null }
  readonly edits?: readonly object[]
}

/** An edit in a few words: its form, how many of what stand in it, and the versions that it is meant for. */
function shapeOf(edit: unknown): string {
  if (Array.isArray(edit)) return counted(edit.length, 'edit')
  const {
    changes = {},
    documentChanges,
    changeAnnotations,
  } = edit as {
    readonly changes?: Readonly<Record<string, readonly object[]>>
    readonly documentChanges?: readonly Change[]
    readonly changeAnnotations?: object
  }
  if (documentChanges === undefined)
    return ['`changes`', counted(Object.values(changes).flat().length, 'edit')].join(', ')
  const texts = documentChanges.filter(({ kind }) => kind === undefined)
  const operations = ['create', 'rename', 'delete']
    .map((kind) => [kind, documentChanges.filter((change) => change.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
  return [
    '`documentChanges`',
    ...operations.map(([kind, count]) => counted(count, kind)),
    counted(texts.flatMap(({ edits = [] }) => edits).length, 'edit'),
    ...(texts.length === 0 ? [] : [`versions ${versionsOf(texts)}`]),
    ...(changeAnnotations === undefined ? [] : ['annotations']),
  ].join(', ')
}

function versionsOf(texts: readonly Change[]): string {
  const versions = texts.map(({ textDocument }) => String(textDocument?.version))
  return [...new Set(versions)].sort().join('/')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en')
}
