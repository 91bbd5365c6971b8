import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { log } from '../../server/cli/log.ts'
import { undo } from '../../server/cli/undo.ts'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { nodeHost } from '../../server/disk/node-host.ts'
import { createHasher } from '../../server/edits/hash.ts'
import { readHistory } from '../../server/history/history.ts'
import { States } from '../../server/history/state.ts'
import { type Direction, toTakeBack } from '../../server/history/undo.ts'
import type { Intent, Purpose } from '../../server/journal/intent.ts'
import { type Files, id, replacing, type Scribe, Workplace } from '../cli/workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const at = (minute: number) => `2026-03-04T10:${minute}:00.000Z`
const filesOf = (from: string, to: string, ...names: readonly string[]): Files =>
  Object.fromEntries(names.map((name) => [name, replacing(`${from}\n`, from, to)]))
const texts = () => ['a.ts', 'b.ts'].map((name) => readFileSync(place.path(name), 'utf8').trim())

const aboutOf = (purpose: Purpose, of: string, minute: number) => ({
  purpose,
  of,
  road: purpose,
  at: at(minute),
})

/** The editor has said that it took it, and of each of these paths this is what was noted last. */
function applied({ session }: Scribe, intent: Intent, last: Readonly<Record<string, string>>): void {
  const paths = Object.fromEntries(Object.entries(last).map(([name, what]) => [place.path(name), what]))
  session.note({ id: intent.id, at: intent.about.at, event: 'applied' })
  session.note({ id: intent.id, at: intent.about.at, event: 'applied', paths })
}

/** What a plain undo, or redo, would take back, by the beginnings of the ids. */
async function offered(direction: Direction): Promise<string[]> {
  const env = { disk: nodeDisk, host: nodeHost(process), hasher: await createHasher() }
  const history = await readHistory(env, place.root, place.project)
  const states = new States(env, history)
  const entries = await toTakeBack({ direction, entry: undefined, files: [] }, history.entries, states)
  return entries.map(({ recorded }) => recorded.intent.id.slice(0, 2))
}

const listed = async () => {
  const { out } = await place.run(log, ['--json'], { now: at(50) })
  return (JSON.parse(out) as { id: string; state: string }[]).map(
    (each) => `${each.id.slice(0, 2)} ${each.state}`,
  )
}

it.each<[string, Record<string, string>, string[]]>([
  ['in the buffers', { 'a.ts': 'buffered' }, []],
  ['never shown', { 'a.ts': 'unseen', 'b.ts': 'unseen' }, ['aa']],
  ['never shown in one file', { 'a.ts': 'unseen' }, ['aa']],
  ['shown late', { 'a.ts': 'unseen', 'b.ts': 'buffered' }, ['aa']],
  ['undone in the buffers', { 'a.ts': 'undone', 'b.ts': 'closed' }, ['aa']],
])('an undo is offered again as far as the buffers do not have it: %s', async (_, last, expected) => {
  await place.session((scribe) =>
    scribe.landed(id('aa'), filesOf('note', 'memo', 'a.ts', 'b.ts')).then(() => {}),
  )
  await place.running(async (scribe) => {
    const files = filesOf('memo', 'note', 'a.ts', 'b.ts')
    applied(scribe, await scribe.intent(id('bb'), files, aboutOf('undo', id('aa'), 45)), last)
    await scribe.session.flush()
  })
  expect(await offered('undo')).toEqual(expected)
  expect(await listed()).toEqual(['bb pending', 'aa landed'])
})

it('a redo is offered again that the editor never showed', async () => {
  await place.session(async (scribe) => {
    await scribe.landed(id('aa'), filesOf('note', 'memo', 'a.ts'))
    await scribe.landed(id('bb'), filesOf('memo', 'note', 'a.ts'), aboutOf('undo', id('aa'), 45))
  })
  await place.running(async (scribe) => {
    const redo = await scribe.intent(id('cc'), filesOf('note', 'memo', 'a.ts'), aboutOf('undo', id('bb'), 46))
    applied(scribe, redo, { 'a.ts': 'unseen' })
    await scribe.session.flush()
  })
  expect(await offered('redo')).toEqual(['bb'])
})

/** An edit that a dead session left with these files changed, and whose roll back its user did not want in the end. */
async function rolledBackInVain(...names: readonly string[]): Promise<void> {
  await place.session(async (scribe) => {
    const edit = await scribe.intent(id('aa'), filesOf('note', 'memo', 'a.ts', 'b.ts'))
    await scribe.land(edit, ...names)
    scribe.note(edit, 'rolled-back')
  })
  await place.session(async (scribe) => {
    const about = aboutOf('roll-back', id('aa'), 45)
    const rollBack = await scribe.intent(id('bb'), filesOf('memo', 'note', ...names), about)
    applied(scribe, rollBack, Object.fromEntries(names.map((name) => [name, 'unseen'])))
    scribe.note(rollBack, 'abandoned')
  })
}

it.each<[string, string[], string]>([
  ['whole', ['a.ts', 'b.ts'], 'landed'],
  ['half', ['a.ts'], 'partly-rolled-back'],
])(
  'an edit whose roll back was never shown, and then declined, is there as before: %s',
  async (_, names, state) => {
    await rolledBackInVain(...names)
    expect(await listed()).toEqual(['bb abandoned', `aa ${state}`])
    expect(await place.run(undo, [], { now: at(46) })).toMatchObject({ exit: 0 })
    expect(texts()).toEqual(['note', 'note'])
    expect((await listed()).at(-1)).toBe('aa undone')
    expect(await offered('undo')).toEqual([])
  },
)
