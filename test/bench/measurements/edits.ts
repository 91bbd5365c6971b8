import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from '../child.ts'
import { FLOOR, FLOOR_OF_EDITS, LSP_WAL } from '../contenders.ts'
import { heldMs, settleDisk } from '../held-edit.ts'
import type { LineUp } from '../line-up.ts'
import { type Case, everyRound, type Measurement, type Stage } from '../measurement.ts'
import { pauseMs } from '../pause.ts'
import { figure, type Row, ratioAtMost } from '../row.ts'
import { median } from '../statistics.ts'
import { makeWorkspace } from '../workspace.ts'

const FILES = [1, 10, 100, 1000]
const REQUEST = 1
/**
 * Between edits, which come seconds apart where people make them: a quarter of a second after an answer lsp-wal looks
 * at what became of the files, and it is not that which is measured.
 */
const PAUSE_MS = 400

type When = 'first' | 'later'
const WHEN: readonly When[] = ['first', 'later']

/**
 * How long an applyEdit is on its way from the server to the editor.
 * Its floor is measured right after it, on the same disk: the same files read, as many bytes written as the log grew
 * by, one fsync.
 */
export const edits: Measurement = {
  name: 'edits',
  cases: FILES.map(editCase),
  rows: FILES.flatMap((files) => WHEN.map((when) => editRow(files, when))),
}

function editRow(files: number, when: When): Row {
  return {
    label: `applyEdit of ${counted(files)}, ${when === 'first' ? 'first of a session' : 'later'}, ms`,
    digits: 2,
    value: figure(keyOf('held', files, when)),
    against: { label: 'read, write, fsync', value: figure(keyOf('floor', files, when)) },
    goal: ratioAtMost(1.3),
  }
}

function keyOf(what: 'held' | 'floor', files: number, when: When): string {
  return `edit ${files} ${when} ${what}`
}

function counted(files: number): string {
  return `${files} ${files === 1 ? 'file' : 'files'}`
}

function editCase(files: number): Case {
  return {
    label: `edits of ${counted(files)}`,
    // The others relay it as they relay anything.
    isFor: ({ name }) => name === LSP_WAL || name === FLOOR,
    rounds: everyRound,
    run: (lineUp, stage) => measure(lineUp, stage, files),
  }
}

async function measure(lineUp: LineUp, { effort, folder, shared }: Stage, files: number): Promise<void> {
  const workspace = join(shared, `workspace-${files}`)
  if (!existsSync(workspace)) makeWorkspace(workspace, files)
  settleDisk(folder)
  const floor = Child.start({ argv: [...FLOOR_OF_EDITS, join(folder, 'floor.log')] }, folder)
  const times = new Map<string, { readonly held: number[]; readonly floor: number[]; logged: number }>()
  await lineUp.open(workspace)
  pauseMs(PAUSE_MS)
  await lineUp.turn(({ contender }) => {
    times.set(contender.name, { held: [], floor: [], logged: 0 })
  })
  for (let number = 0; number <= effort.laterEdits; number++) {
    await lineUp.turn(({ contender, session }) => {
      const own = times.get(contender.name)!
      own.held.push(heldMs(session, workspace, files, number))
    })
    pauseMs(PAUSE_MS)
    await lineUp.turn(({ contender, session }) => {
      if (contender.name !== LSP_WAL) return
      const own = times.get(contender.name)!
      const bytes = sizeOfLogs(session.journal) - own.logged
      if (bytes === 0) throw new Error('an edit was forwarded and not logged')
      own.logged += bytes
      own.floor.push(floorMs(floor, workspace, files, bytes))
    })
  }
  await lineUp.turn(({ contender, figures }) => {
    const own = times.get(contender.name)!
    for (const what of ['held', 'floor'] as const) {
      const [first, ...later] = own[what]
      if (first !== undefined) figures[keyOf(what, files, 'first')] = first
      if (later.length > 0) figures[keyOf(what, files, 'later')] = median(later)!
    }
  })
  await lineUp.close()
  floor.sayExit()
  await floor.hasExited()
}

function floorMs({ wire }: Child, folder: string, files: number, bytes: number): number {
  wire.send({ jsonrpc: '2.0', id: REQUEST, method: 'floor', params: { folder, files, bytes } })
  return wire.receiveAnswer(REQUEST).result as number
}

/** Of the session's `wal.log`, wherever in the journal its folder is (FORMAT.md). */
function sizeOfLogs(journal: string): number {
  const names = readdirSync(journal, { recursive: true, encoding: 'utf8' })
  const logs = names.filter((name) => /wal(\.\d+)?\.log$/.test(name))
  return logs.reduce((size, name) => size + statSync(join(journal, name)).size, 0)
}
