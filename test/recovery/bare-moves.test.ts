import { beforeEach, describe, expect, it } from 'vitest'
import type { Intent } from '../../server/journal/intent.ts'
import { replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { Recovery } from '../../server/recovery/recovery.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { Died, type Fault } from '../disk/memory-disk.ts'
import { bare, edit, intentOf, moved, replaced } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'

const root = rootAt('/j/lsp-wal')
const START = { folders: ['/w'], server: ['server'], editor: null }
const BEFORE = { 'src/a': 'aa', 'src/in/b': 'b', 'src/in/deep/c': '', main: 'src' }
const AFTER = { 'lib/a': 'aa', 'lib/in/b': 'b', 'lib/in/deep/c': '', main: 'lib' }

let machine: Machine

beforeEach(() => {
  machine = new Machine(hasher)
  for (const [path, text] of Object.entries(BEFORE)) machine.platter.put(`/w/${path}`, text)
})

/** The folder is moved, and what imports it changed. */
function theMove(more: Partial<Intent> = {}): Intent {
  const images = [
    ...bare('/w/src/a', '/w/lib/a', 2),
    ...bare('/w/src/in/b', '/w/lib/in/b', 1),
    ...bare('/w/src/in/deep/c', '/w/lib/in/deep/c', 0),
    replaced('/w/main', 'src', 'lib'),
  ]
  const folders = {
    made: ['/w/lib', '/w/lib/in', '/w/lib/in/deep'],
    removed: ['/w/src/in/deep', '/w/src/in', '/w/src'],
  }
  return intentOf('01', images, { folders, facts: new Map(), ...more })
}

/** A session records it and dies. */
async function recorded(intent = theMove()): Promise<void> {
  const program = machine.run()
  await new Session(program, root, START, () => {}).append(intent)
  machine.kill(program)
}

const editor = () => machine.run().disk

type Decision = 'finish' | 'roll-back'

/** What a start does about it, and what it leaves. `decision`: what its user says when asked. */
async function start(decision?: Decision, prepare: (program: Program) => void = () => {}): Promise<string[]> {
  const program = machine.run()
  prepare(program)
  try {
    return await recover(program, decision)
  } finally {
    machine.kill(program)
  }
}

async function recover(program: Program, decision: Decision | undefined): Promise<string[]> {
  const session = new Session(program, root, START, () => {})
  const workspace = new DiskWorkspace(program.disk, ['/w'])
  const recovery = await Recovery.start(program, root, session, START, () => {})
  const words: string[] = []
  for (const kase of recovery.cases) {
    let result = await recovery.deal(kase, workspace, 'auto')
    if (result.kind === 'waiting') {
      words.push(`${result.plan.kind}: ${result.plan.reason}`)
      if (decision === undefined) continue
      result = await recovery.decide(kase, workspace, decision)
    }
    if (result.kind === 'done')
      for (const { path, reason } of result.report?.left ?? []) words.push(`left ${path}: ${reason}`)
  }
  await recovery.end()
  await session.end()
  return words
}

const tree = () => machine.platter.tree('/w')

describe('a folder that is only moved', () => {
  it('is moved as a whole where nothing of it was', async () => {
    await recorded()
    const operations: string[] = []
    await start(undefined, ({ disk }) => {
      disk.plan = ({ name, path }) => {
        if (path.startsWith('/w/src') && (name === 'rename' || name === 'link'))
          operations.push(`${name} ${path}`)
        return undefined
      }
    })
    expect(tree()).toEqual(AFTER)
    expect(operations).toEqual(['rename /w/src'])
  })

  it('is read back as it was written, without a byte of its files', async () => {
    await recorded()
    const found: Intent[] = []
    const folder = Object.keys(machine.platter.tree(root.live)).find((path) => path.endsWith('wal.log'))!
    for await (const entry of replay(machine.run(), `${root.live}/${folder.split('/')[0]}`))
      if (entry.kind === 'intent') found.push(entry.intent)
    expect(found[0]!.images.map(({ path, before, after }) => [path, before?.length, after.kind])).toEqual([
      ['/w/main', 3, 'file'],
      ['/w/src/a', 2, 'absent'],
      ['/w/lib/a', undefined, 'file'],
      ['/w/src/in/b', 1, 'absent'],
      ['/w/lib/in/b', undefined, 'file'],
      ['/w/src/in/deep/c', 0, 'absent'],
      ['/w/lib/in/deep/c', undefined, 'file'],
    ])
    const log = machine.platter.bytesAt(`${root.live}/${folder}`).toString()
    expect(JSON.parse(log)).toMatchObject({ originals: { '/w/main': 'c3Jj' }, meta: { v: 4 } })
    expect(Object.keys((JSON.parse(log) as { originals: object }).originals)).toEqual(['/w/main'])
  })

  it('is settled where the editor has moved it, whatever was written to its files since', async () => {
    await recorded()
    const disk = editor()
    await disk.rename('/w/src', '/w/lib')
    machine.platter.put('/w/lib/a', 'later and longer')
    machine.platter.put('/w/main', 'lib')
    expect(await start()).toEqual([])
    expect(tree()).toEqual({ ...AFTER, 'lib/a': 'later and longer' })
    expect(await start()).toEqual([])
  })

  it('is moved on file by file where the editor was cut short', async () => {
    await recorded()
    const disk = editor()
    await disk.makeFolder('/w/lib', 0o755)
    await disk.rename('/w/src/a', '/w/lib/a')
    expect(await start()).toEqual([])
    expect(tree()).toEqual(AFTER)
  })

  it('leaves behind what came into it since', async () => {
    await recorded()
    machine.platter.put('/w/src/in/theirs', 'new')
    expect(await start()).toEqual([])
    expect(tree()).toEqual({ ...AFTER, 'src/in/theirs': 'new' })
  })

  it('sends back what came into it at the last instant', async () => {
    await recorded()
    await start(undefined, ({ disk }) => {
      disk.plan = ({ name, path }) => {
        if (name === 'rename' && path === '/w/src') machine.platter.put('/w/src/in/theirs', 'new')
        return undefined
      }
    })
    expect(tree()).toEqual({ ...AFTER, 'src/in/theirs': 'new' })
  })

  it('goes over nothing that has come to stand where it goes', async () => {
    await recorded()
    machine.platter.put('/w/lib/a', 'theirs')
    expect(await start('finish')).toEqual([
      'ask: it is there, and so is /w/src/a',
      'left /w/lib/a: it is there, and so is /w/src/a',
    ])
    expect(tree()).toMatchObject({ 'lib/a': 'theirs', 'src/a': 'aa', 'lib/in/b': 'b', main: 'lib' })
  })

  it.each<[string, string]>([
    ['in its place', '/w/lib/a'],
    ['in the place of its folder', '/w/lib/in'],
  ])('goes over nothing that comes to stand %s at the last instant', async (_title, path) => {
    await recorded()
    // Another file is there: the folders are moved one after the other, and what is in them.
    machine.platter.put('/w/lib/other', 'other')
    await start(undefined, ({ disk }) => {
      let done = false
      disk.plan = (operation) => {
        if (
          !done &&
          (operation.name === 'link' || operation.name === 'rename') &&
          operation.path.startsWith('/w/src')
        ) {
          done = true
          machine.platter.put(path, 'theirs')
        }
        return undefined
      }
    })
    const found = tree()
    expect(found[path.slice('/w/'.length)]).toBe('theirs')
    // Whatever of it could not be moved is where it was.
    const texts = Object.values(found).filter((text) => text === 'aa' || text === 'b')
    expect(texts.sort()).toEqual(['aa', 'b'])
  })

  it('is left, and that is said, where its file is at neither place', async () => {
    await recorded()
    machine.platter.takeAway('/w/src/a')
    const reason = 'it is not there any more, nor is /w/src/a, and its bytes are not in the log'
    expect(await start('finish')).toEqual([`ask: ${reason}`, `left /w/lib/a: ${reason}`])
    expect(tree()).toEqual({ 'lib/in/b': 'b', 'lib/in/deep/c': '', main: 'lib' })
  })

  it('is asked about where a file in it was written since', async () => {
    const stat = (await editor().lstat('/w/src/a'))!
    const known = { from: 'disk', size: stat.size, mtimeNs: stat.mtimeNs, mode: stat.mode } as const
    await recorded(theMove({ facts: new Map([['/w/src/a', known]]) }))
    machine.platter.put('/w/src/a', 'changed')
    expect(await start('finish')).toEqual(['ask: /w/src/a was written again since'])
    expect(tree()).toEqual({ ...AFTER, 'lib/a': 'changed' })
  })

  it('goes back as it is by now, when it is rolled back', async () => {
    await recorded()
    await editor().rename('/w/src', '/w/lib')
    machine.platter.put('/w/lib/a', 'later')
    machine.platter.put('/w/main', 'neither')
    expect(await start('roll-back')).toEqual([
      'ask: /w/main was changed since',
      expect.stringContaining('left /w/main'),
    ])
    expect(tree()).toEqual({ ...BEFORE, 'src/a': 'later', main: 'neither' })
  })

  it('is no way out of the workspace, nor into .git', async () => {
    machine.platter.put('/elsewhere/x', 'x')
    machine.platter.put('/w/.git/hooks/h', 'h')
    const images = [
      ...bare('/elsewhere/x', '/w/x', 1),
      ...bare('/w/src/a', '/elsewhere/a', 2),
      ...bare('/w/.git/hooks/h', '/w/h', 1),
      ...bare('/w/src/in/b', '/w/src/.git', 1),
    ]
    await recorded(intentOf('01', images, { facts: new Map() }))
    const words = await start()
    expect(words).toContain('left /w/x: /elsewhere is outside the workspace folders')
    expect(words).toContain('left /elsewhere/a: /elsewhere is outside the workspace folders')
    expect(words).toContain('left /w/h: /w/.git/hooks is under .git')
    expect(words).toContain('left /w/src/.git: /w/src/.git is called .git')
    expect(tree()).toEqual({ ...BEFORE, '.git/hooks/h': 'h' })
  })

  it('keeps a file that is replaced between its two names', async () => {
    await recorded()
    machine.platter.put('/w/lib/other', 'other')
    machine.platter.put('/w/src/in/other', 'other')
    await start(undefined, ({ disk }) => {
      disk.plan = ({ name, path }) => {
        if (name === 'link' && path === '/w/src/a') {
          queueMicrotask(() => {
            machine.platter.takeAway('/w/src/a')
            machine.platter.put('/w/src/a', 'saved anew')
          })
        }
        return undefined
      }
    })
    expect(tree()['src/a']).toBe('saved anew')
  })
})

describe('links in a folder that is moved', () => {
  it('are moved as links', async () => {
    machine.platter.putLink('/w/src/link', '/elsewhere')
    const { images, folders } = theMove()
    await recorded(theMove({ images: [...images, ...bare('/w/src/link', '/w/lib/link', 10)], folders }))
    machine.platter.put('/w/lib/other', 'other')
    expect(await start()).toEqual([])
    expect(tree()).toEqual({ ...AFTER, 'lib/link': '-> /elsewhere', 'lib/other': 'other' })
  })
})

describe('a folder that is moved and edited', () => {
  const edited = () =>
    intentOf(
      '01',
      [
        ...moved('/w/src/a', '/w/lib/a', 'aa', edit(0, 1, 'x')),
        ...bare('/w/src/in/b', '/w/lib/in/b', 1),
        ...bare('/w/src/in/deep/c', '/w/lib/in/deep/c', 0),
      ],
      { folders: theMove().folders, facts: new Map() },
    )

  it('has its inner folders moved as a whole, and the edited file written', async () => {
    await recorded(edited())
    expect(await start()).toEqual([])
    expect(tree()).toEqual({ ...AFTER, 'lib/a': 'xa', main: 'src' })
  })

  it('is told what is halfway: moved, and not edited yet', async () => {
    await recorded(edited())
    await editor().rename('/w/src', '/w/lib')
    expect(await start()).toEqual([])
    expect(tree()).toEqual({ ...AFTER, 'lib/a': 'xa', main: 'src' })
  })
})

describe('where a file has one name only', () => {
  it.each(['EPERM', 'ENOTSUP', 'EMLINK'])('is renamed: %s', async (code) => {
    await recorded()
    machine.platter.put('/w/lib/other', 'other')
    await start(undefined, ({ disk }) => {
      disk.plan = ({ name, path }): Fault | undefined =>
        name === 'link' && path.startsWith('/w/') ? { kind: 'error', code } : undefined
    })
    expect(tree()).toEqual({ ...AFTER, 'lib/other': 'other' })
  })

  it('is left on another file system', async () => {
    await recorded()
    machine.platter.put('/w/lib/other', 'other')
    const words = await start(undefined, ({ disk }) => {
      disk.plan = ({ name, path }): Fault | undefined =>
        (name === 'link' || name === 'rename') && path.startsWith('/w/src')
          ? { kind: 'error', code: 'EXDEV' }
          : undefined
    })
    expect(words).toContain(
      'left /w/lib/a: /w/lib/a is on another file system than /w/src/a, and its bytes are not in the log',
    )
    expect(tree()).toMatchObject({ 'src/a': 'aa', 'src/in/b': 'b' })
  })
})

describe('a start that dies', () => {
  it('at any operation leaves each file by one of its names, and the next one finishes', async () => {
    for (let at = 1, died = true; died; at++) {
      machine = new Machine(hasher)
      for (const [path, text] of Object.entries(BEFORE)) machine.platter.put(`/w/${path}`, text)
      machine.platter.put('/w/lib/other', 'other')
      await recorded()
      died = false
      await start(undefined, ({ disk }) => {
        const first = disk.log.length
        disk.plan = ({ n }): Fault | undefined => {
          if (n - first !== at) return undefined
          died = true
          return { kind: 'die', when: 'after' }
        }
      }).catch((error: unknown) => {
        if (!(error instanceof Died)) throw error
      })
      const texts = new Set(Object.values(tree()))
      expect([...texts]).toEqual(expect.arrayContaining(['aa', 'b', '']))
      expect(await start()).toEqual([])
      expect(tree()).toEqual({ ...AFTER, 'lib/other': 'other' })
    }
  })
})
