import type { FileChange } from '../history/changes.ts'
import { plural } from '../history/words.ts'
import { columnsOf, cutStartTo, padTo } from './columns.ts'
import type { Surroundings } from './command.ts'
import { diffOf, type FileDiff } from './diff.ts'
import { styleFor } from './style.ts'
import { shownPath } from './text.ts'

/** The columns of a terminal where there is none, as git has it. */
const USUAL_WIDTH = 80
const LEAST_GRAPH = 10

/** What `git diff --stat` says. */
export function statText(around: Surroundings, files: readonly FileChange[]): string {
  const style = styleFor(around.colour)
  const rows = files.map((file) => ({ name: nameOf(around, file), ...numbersOf(diffOf(file)) }))
  const width = around.width ?? USUAL_WIDTH
  const numberWidth = Math.max(0, ...rows.map(({ number }) => number.length))
  const nameRoom = Math.max(LEAST_GRAPH, width - numberWidth - LEAST_GRAPH - ' '.length - ' |  '.length)
  const names = rows.map(({ name }) => cutStartTo(name, nameRoom))
  const nameWidth = Math.max(0, ...names.map((name) => columnsOf(name)))
  const graph = Math.max(LEAST_GRAPH, width - nameWidth - numberWidth - ' '.length - ' |  '.length)
  const most = Math.max(1, ...rows.map(({ added, removed }) => added + removed))
  const scaled = (n: number) => (most <= graph ? n : Math.ceil((n * (graph - 1)) / most))
  const lines = rows.map(({ number, added, removed, note }, i) => {
    const bar = style.good('+'.repeat(scaled(added))) + style.bad('-'.repeat(scaled(removed)))
    const counts = note ?? `${number.padStart(numberWidth)} ${added + removed > 0 ? bar : ''}`.trimEnd()
    return ` ${padTo(names[i]!, nameWidth)} | ${counts}`
  })
  const sum = (key: 'added' | 'removed') => rows.reduce((total, row) => total + row[key], 0)
  const [added, removed] = [sum('added'), sum('removed')]
  const parts = [`${plural(files.length, 'file')} changed`]
  if (added > 0 || removed === 0) parts.push(`${plural(added, 'insertion')}(+)`)
  if (removed > 0 || added === 0) parts.push(`${plural(removed, 'deletion')}(-)`)
  return `${[...lines, ` ${parts.join(', ')}`].join('\n')}\n`
}

interface Numbers {
  readonly added: number
  readonly removed: number
  readonly number: string
  /** Said in the place of numbers. */
  readonly note: string | undefined
}

function numbersOf(diff: FileDiff): Numbers {
  switch (diff.kind) {
    case 'unknown':
      return { added: 0, removed: 0, number: '', note: 'not known' }
    case 'bare':
      return { added: 0, removed: 0, number: '0', note: undefined }
    case 'withheld':
      return { added: 0, removed: 0, number: '', note: 'kept out of the log' }
    case 'binary':
      return { added: 0, removed: 0, number: '', note: `Bin ${diff.before} -> ${diff.after} bytes` }
    case 'text': {
      const lines = diff.hunks.flatMap((hunk) => hunk.lines)
      const [added, removed] = ['+', '-'].map((sign) => lines.filter((line) => line[0] === sign).length)
      return { added: added!, removed: removed!, number: String(added! + removed!), note: undefined }
    }
  }
}

function nameOf(around: Surroundings, { from, path }: FileChange): string {
  const name = shownPath(around, path)
  return from === undefined ? name : `${shownPath(around, from)} => ${name}`
}
