import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, linkSync, readFileSync, statSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { recover } from '../../server/cli/recover.ts'
import { redo } from '../../server/cli/redo.ts'
import { undo } from '../../server/cli/undo.ts'
import { missingProgram, missingRoot } from '../disk/mounts.ts'
import { describeUnless } from '../requirements.ts'
import { type FilePlan, id, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const run = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' })
/** Without the line that names the file. */
const listed = (program: string, ...args: readonly string[]) =>
  run(program, ...args).replace(/^# file: .*\n/m, '')
const at = (minute: number) => ({ now: `2026-03-04T10:5${minute}:00.000Z` })
const [A, Z] = ['a.ts', 'lib/z.ts']

/** An edit that moves the file, and that no editor has carried out. */
async function moved(plan: FilePlan = {}): Promise<void> {
  await place.session(async (scribe) => {
    const plans = { [A]: { before: 'text\n', deleted: true }, [Z]: { movedFrom: A, ...plan } } as const
    await scribe.intent(id('aa'), plans, { folders: { made: [place.path('lib')], removed: [] } })
  })
}

/** Forward, back, and forward again; what is told of the file each time, by the name it has then. */
async function backAndForth<T>(tell: (path: string) => T): Promise<T[]> {
  const told: T[] = []
  const done = [
    [recover, ['--finish'], Z, A],
    [undo, ['aa'], A, Z],
    [redo, [], Z, A],
  ] as const
  for (const [i, [command, args, there, gone]] of done.entries()) {
    expect(await place.run(command, args, at(i))).toMatchObject({ exit: 0 })
    expect(existsSync(place.path(gone))).toBe(false)
    told.push(tell(place.path(there)))
  }
  return told
}

it('a file that is only moved is that very file, by all its other names', async () => {
  place.write(A, 'text\n')
  linkSync(place.path(A), place.path('other name'))
  const { ino } = statSync(place.path(A))
  await moved()
  const told = await backAndForth((path) => [statSync(path).ino, statSync(path).nlink])
  expect(told).toEqual(Array(3).fill([ino, 2]))
})

it('a file that is moved and edited leaves its other names what they are', async () => {
  place.write(A, 'text\n')
  linkSync(place.path(A), place.path('other name'))
  await moved({ edits: [{ start: 0, end: 4, text: 'word' }] })
  expect(await backAndForth((path) => readFileSync(path, 'utf8'))).toEqual(['word\n', 'text\n', 'word\n'])
  expect(readFileSync(place.path('other name'), 'utf8')).toBe('text\n')
})

describeUnless(missingProgram('setfattr', 'setfacl'), 'what a file carries that is only moved', () => {
  it('stays: its access list and extended attributes', async () => {
    place.write(A, 'text\n')
    run('setfacl', '-m', 'u:1234:r', place.path(A))
    run('setfattr', '-n', 'user.origin', '-v', 'x', place.path(A))
    const carried = (path: string) => [
      listed('getfacl', '-p', '-n', path),
      listed('getfattr', '-d', '-m', '-', '--absolute-names', path),
    ]
    const before = carried(place.path(A))
    await moved()
    expect(await backAndForth(carried)).toEqual(Array(3).fill(before))
  })
})

describeUnless(missingRoot(), 'the owner, the group and the mode of a file', () => {
  it.each([
    ['only moved', {}],
    ['moved and edited', { edits: [{ start: 0, end: 4, text: 'word' }] }],
  ] as const)('stay where it is %s', async (_what, plan) => {
    place.write(A, 'text\n')
    run('chmod', '750', place.path(A))
    chownSync(place.path(A), 33, 34)
    await moved(plan)
    const told = await backAndForth((path) => {
      const { uid, gid, mode } = statSync(path)
      return [uid, gid, mode & 0o777]
    })
    expect(told).toEqual(Array(3).fill([33, 34, 0o750]))
  })
})
