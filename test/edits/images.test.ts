import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOf } from '../../server/edits/file-bytes.ts'
import type { Image } from '../../server/edits/images.ts'
import { splice } from '../../server/edits/splice.ts'
import { pathsOf, type Step } from '../../server/edits/steps.ts'
import type { TextEdit } from '../../server/edits/text-edit.ts'
import { type Images, imagesOf, type Original } from './images-of.ts'

/** A project: a path ends in `/` for a folder; its content otherwise. */
type Project = Readonly<Record<string, string>>

interface Flags {
  readonly overwrite?: boolean
  readonly ignoreIfExists?: boolean
  readonly ignoreIfNotExists?: boolean
  readonly recursive?: boolean
}

const NO_FLAGS = { overwrite: false, ignoreIfExists: false, ignoreIfNotExists: false, recursive: false }

/** Puts `newText` over the characters `start` to `end` of a line. */
const change = (line: number, start: number, end: number, newText: string): TextEdit => ({
  range: { start: { line, character: start }, end: { line, character: end } },
  newText,
})
const text = (path: string, ...edits: TextEdit[]): Step => ({ kind: 'text', path, edits })
const create = (path: string, flags: Flags = {}): Step => ({ kind: 'create', path, ...NO_FLAGS, ...flags })
const rename = (from: string, to: string, flags: Flags = {}): Step => ({
  kind: 'rename',
  from,
  to,
  ...NO_FLAGS,
  ...flags,
})
const remove = (path: string, flags: Flags = {}): Step => ({ kind: 'delete', path, ...NO_FLAGS, ...flags })

/** What a caller finds for the steps in a project: only what they ask for. */
function originalsOf(project: Project, steps: readonly Step[]): Map<string, Original> {
  const originals = new Map<string, Original>()
  const all = Object.keys(project)
  const look = (path: string) => {
    const content = project[path]
    if (content !== undefined) {
      originals.set(path, { kind: 'file', bytes: Buffer.from(content) })
    } else if (`${path}/` in project) {
      const beneath = all.filter((other) => other.startsWith(`${path}/`) && other !== `${path}/`)
      const files = beneath.filter((other) => !other.endsWith('/'))
      const folders = beneath.filter((other) => other.endsWith('/')).map((other) => other.slice(0, -1))
      originals.set(path, { kind: 'folder', files, folders })
      for (const file of files) look(file)
    } else {
      originals.set(path, { kind: 'absent' })
    }
  }
  for (const path of pathsOf(steps)) look(path)
  return originals
}

const run = (project: Project, ...steps: Step[]) => imagesOf(steps, originalsOf(project, steps), 'utf-16')

/** One line an image: `/a: before -> after`, with where the after-image came from unless that is the path itself. */
function summary({ path, before, after, source }: Image): string {
  const from = after.kind !== 'file' || source === path ? '' : ` from ${source ?? 'nothing'}`
  return `${path}: ${before === undefined ? 'absent' : quoted(bytesOf(before))} -> ${described(after)}${from}`
}

function described(after: Image['after']): string {
  switch (after.kind) {
    case 'file':
      return quoted(bytesOf(after.bytes))
    case 'absent':
      return 'absent'
    case 'unknown':
      return `unknown: ${after.reason}`
  }
}

function quoted(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes).toString()}"`
}

const summaries = ({ images }: Images) => images.map(summary)

describe('pathsOf', () => {
  it('lists every path once, as first mentioned', () => {
    const steps = [text('/b'), rename('/a', '/b'), create('/c'), remove('/a'), text('/d')]
    expect(pathsOf(steps)).toEqual(['/b', '/a', '/c', '/d'])
  })
})

describe('one step', () => {
  it.each<[string, Project, Step, string[]]>([
    ['a text edit', { '/a': 'one' }, text('/a', change(0, 0, 1, 'O')), ['/a: "one" -> "One"']],
    [
      'a text edit that changes nothing',
      { '/a': 'one' },
      text('/a', change(0, 0, 1, 'o')),
      ['/a: "one" -> "one"'],
    ],
    ['a text edit without edits', { '/a': 'one' }, text('/a'), ['/a: "one" -> "one"']],
    ['a create', {}, create('/a'), ['/a: absent -> "" from nothing']],
    [
      'a create that overwrites',
      { '/a': 'one' },
      create('/a', { overwrite: true }),
      ['/a: "one" -> "" from nothing'],
    ],
    [
      'a create that finds its file and ignores that',
      { '/a': 'one' },
      create('/a', { ignoreIfExists: true }),
      [],
    ],
    [
      'a create that finds a folder and ignores that',
      { '/a/': '' },
      create('/a', { ignoreIfExists: true }),
      [],
    ],
    [
      'a create that may do either overwrites',
      { '/a': 'one' },
      create('/a', { overwrite: true, ignoreIfExists: true }),
      ['/a: "one" -> "" from nothing'],
    ],
    ['a rename', { '/a': 'one' }, rename('/a', '/b'), ['/a: "one" -> absent', '/b: absent -> "one" from /a']],
    [
      'a rename that overwrites',
      { '/a': 'one', '/b': 'two' },
      rename('/a', '/b', { overwrite: true }),
      ['/b: "two" -> "one" from /a', '/a: "one" -> absent'],
    ],
    [
      'a rename that may do either overwrites',
      { '/a': 'one', '/b': 'two' },
      rename('/a', '/b', { overwrite: true, ignoreIfExists: true }),
      ['/b: "two" -> "one" from /a', '/a: "one" -> absent'],
    ],
    [
      'a rename that finds its target and ignores that',
      { '/a': 'one', '/b': 'two' },
      rename('/a', '/b', { ignoreIfExists: true }),
      [],
    ],
    [
      'a rename that ignores its target and has no source',
      { '/b': 'two' },
      rename('/a', '/b', { ignoreIfExists: true }),
      [],
    ],
    ['a delete', { '/a': 'one' }, remove('/a'), ['/a: "one" -> absent']],
    ['a delete that finds nothing and ignores that', {}, remove('/a', { ignoreIfNotExists: true }), []],
  ])('%s', (_title, project, step, expected) => {
    expect(summaries(run(project, step))).toEqual(expected)
  })

  it('says its edits over the bytes of its source', () => {
    const { images } = run({ '/a': 'one' }, rename('/a', '/b'), text('/b', change(0, 3, 3, '!')))
    expect(images.map(({ path, source, edits }) => ({ path, source, edits }))).toEqual([
      { path: '/a', source: undefined, edits: [] },
      { path: '/b', source: '/a', edits: [{ start: 3, end: 3, text: '!' }] },
    ])
  })

  it('keeps bytes that are not UTF-8 through a rename', () => {
    const steps = [rename('/a', '/b')]
    const bytes = Uint8Array.of(0xff, 0x00, 0x80)
    const originals = new Map<string, Original>([
      ['/a', { kind: 'file', bytes }],
      ['/b', { kind: 'absent' }],
    ])
    const { images } = imagesOf(steps, originals, 'utf-16')
    const after = images.at(-1)?.after
    expect(after?.kind === 'file' && bytesOf(after.bytes)).toEqual(Buffer.from(bytes))
  })

  it('counts in the encoding it is told', () => {
    const steps = [text('/a', change(0, 4, 5, 'b'))]
    const { images } = imagesOf(steps, originalsOf({ '/a': '😀a' }, steps), 'utf-8')
    expect(images.map(summary)).toEqual(['/a: "😀a" -> "😀b"'])
  })
})

describe('several steps', () => {
  it.each<[string, Project, Step[], string[]]>([
    [
      'text edits of one path each find what the ones before left',
      { '/a': 'one' },
      [
        text('/a', change(0, 0, 0, 'é\n')),
        text('/a', change(1, 0, 3, 'two')),
        text('/a', change(0, 0, 1, 'e')),
      ],
      ['/a: "one" -> "e\ntwo"'],
    ],
    [
      'a text edit in a created file',
      {},
      [create('/a'), text('/a', change(0, 0, 0, 'new\n')), text('/a', change(1, 0, 0, 'more'))],
      ['/a: absent -> "new\nmore" from nothing'],
    ],
    [
      'a text edit in an overwritten file finds it empty',
      { '/a': 'one' },
      [create('/a', { overwrite: true }), text('/a', change(0, 9, 9, 'x'))],
      ['/a: "one" -> "x" from nothing'],
    ],
    [
      'a text edit before and after a rename',
      { '/a': 'one' },
      [text('/a', change(0, 0, 0, '1')), rename('/a', '/b'), text('/b', change(0, 4, 4, '2'))],
      ['/a: "one" -> absent', '/b: absent -> "1one2" from /a'],
    ],
    [
      'a new file where one was moved away',
      { '/a': 'one' },
      [rename('/a', '/b'), create('/a'), text('/a', change(0, 0, 0, 'new'))],
      ['/a: "one" -> "new" from nothing', '/b: absent -> "one" from /a'],
    ],
    [
      'a swap through a third name, which is left out',
      { '/a': 'one', '/b': 'two' },
      [rename('/a', '/t'), rename('/b', '/a'), rename('/t', '/b')],
      ['/a: "one" -> "two" from /b', '/b: "two" -> "one" from /a'],
    ],
    [
      'a rename there and back',
      { '/a': 'one' },
      [rename('/a', '/b'), rename('/b', '/a')],
      ['/a: "one" -> "one"'],
    ],
    ['a file that is created and deleted', {}, [create('/a'), remove('/a')], []],
    [
      'a file that is deleted and created',
      { '/a': 'one' },
      [remove('/a'), create('/a')],
      ['/a: "one" -> "" from nothing'],
    ],
    [
      'a file that is moved and deleted',
      { '/a': 'one' },
      [rename('/a', '/b'), remove('/b')],
      ['/a: "one" -> absent'],
    ],
    [
      'two files moved in a row, one onto the place of the other',
      { '/a': 'one', '/b': 'two' },
      [rename('/b', '/c'), rename('/a', '/b')],
      ['/b: "two" -> "one" from /a', '/c: absent -> "two" from /b', '/a: "one" -> absent'],
    ],
  ])('%s', (_title, project, steps, expected) => {
    expect(summaries(run(project, ...steps))).toEqual(expected)
  })
})

describe('edits that cannot be lowered', () => {
  const overlapping = text('/a', change(0, 0, 2, 'x'), change(0, 1, 3, 'y'))
  const reason = 'unknown: 0:0-0:2 and 0:1-0:3 overlap'

  it.each<[string, Step[], string[]]>([
    [
      'make their file unknown and no other',
      [overlapping, text('/b', change(0, 0, 3, '2'))],
      [`/a: "one" -> ${reason}`, '/b: "two" -> "2"'],
    ],
    [
      'are not made up for by later ones',
      [overlapping, text('/a', change(0, 0, 3, '1'))],
      [`/a: "one" -> ${reason}`],
    ],
    [
      'go along with a rename',
      [overlapping, rename('/a', '/c')],
      ['/a: "one" -> absent', `/c: absent -> ${reason}`],
    ],
    ['do not matter once the file is deleted', [overlapping, remove('/a')], ['/a: "one" -> absent']],
    [
      'do not matter once it is overwritten',
      [overlapping, create('/a', { overwrite: true })],
      ['/a: "one" -> "" from nothing'],
    ],
    [
      'leave a file that is there',
      [overlapping, create('/a', { ignoreIfExists: true })],
      [`/a: "one" -> ${reason}`],
    ],
  ])('%s', (_title, steps, expected) => {
    expect(summaries(run({ '/a': 'one', '/b': 'two' }, ...steps))).toEqual(expected)
  })
})

describe('a fault', () => {
  const project: Project = {
    '/a': 'one',
    '/b': 'two',
    '/d/': '',
    '/d/f': 'in',
    '/d/g/': '',
    '/d/g/h': 'deep',
    '/e/': '',
  }

  it.each<[string, Step, string[]]>([
    [
      'a text edit in a missing file',
      text('/x'),
      ['/x: absent -> unknown: cannot edit /x: it does not exist'],
    ],
    ['a text edit in a folder', text('/e'), ['/e: absent -> unknown: cannot edit /e: it is a folder']],
    ['a create that finds a file', create('/a'), ['/a: "one" -> unknown: cannot create /a: it exists']],
    ['a create that finds a folder', create('/e'), ['/e: absent -> unknown: cannot create /e: it exists']],
    [
      'a create over a folder',
      create('/e', { overwrite: true }),
      ['/e: absent -> unknown: cannot create /e: it is a folder'],
    ],
    [
      'a rename of nothing',
      rename('/x', '/y', { overwrite: true, ignoreIfExists: true }),
      ['/x', '/y'].map((path) => `${path}: absent -> unknown: cannot rename /x to /y: /x does not exist`),
    ],
    [
      'a rename onto a file',
      rename('/a', '/b'),
      ['/a: "one"', '/b: "two"'].map((before) => `${before} -> unknown: cannot rename /a to /b: /b exists`),
    ],
    [
      'a rename of a file onto itself',
      rename('/a', '/a', { overwrite: true }),
      ['/a: "one" -> unknown: cannot rename /a to /a: it would end up in itself'],
    ],
    [
      'a rename of a file over a folder',
      rename('/a', '/e', { overwrite: true }),
      ['/a: "one"', '/e: absent'].map(
        (before) => `${before} -> unknown: cannot rename /a to /e: only one of them is a folder`,
      ),
    ],
    [
      'a rename of a folder into itself',
      rename('/d', '/d/g/new'),
      [
        '/d: absent',
        '/d/g/new: absent',
        '/d/f: "in"',
        '/d/g/h: "deep"',
        '/d/g/new/f: absent',
        '/d/g/new/g/h: absent',
      ].map((before) => `${before} -> unknown: cannot rename /d to /d/g/new: it would end up in itself`),
    ],
    [
      'a rename of a folder over the one that holds it',
      rename('/d/g', '/d', { overwrite: true }),
      ['/d/g: absent', '/d: absent', '/d/g/h: "deep"', '/d/f: "in"', '/d/h: absent'].map(
        (before) => `${before} -> unknown: cannot rename /d/g to /d: /d holds /d/g`,
      ),
    ],
    ['a delete of nothing', remove('/x'), ['/x: absent -> unknown: cannot delete /x: it does not exist']],
    [
      'a delete of a folder that is not empty',
      remove('/d'),
      ['/d: absent', '/d/f: "in"', '/d/g/h: "deep"'].map(
        (before) => `${before} -> unknown: cannot delete /d: it is not empty`,
      ),
    ],
  ])('is %s', (_title, step, expected) => {
    const images = run(project, step)
    expect(summaries(images)).toEqual(expected)
    expect(images.foldersMade).toEqual([])
    expect(images.foldersRemoved).toEqual([])
  })

  it('is a file or a rename below what an earlier step made a file', () => {
    expect(summaries(run({ '/a': 'one' }, create('/x'), create('/x/y')))).toEqual([
      '/x: absent -> "" from nothing',
      '/x/y: absent -> unknown: cannot create /x/y: /x is a file',
    ])
    expect(summaries(run({ '/a': 'one' }, create('/x'), rename('/a', '/x/y')))).toEqual([
      '/x: absent -> "" from nothing',
      '/a: "one" -> unknown: cannot rename /a to /x/y: /x is a file',
      '/x/y: absent -> unknown: cannot rename /a to /x/y: /x is a file',
    ])
  })

  it('keeps what earlier steps did, and makes all paths of later ones unknown for its reason', () => {
    const steps = [
      text('/a', change(0, 0, 3, '1')),
      text('/b', change(0, 0, 3, '2')),
      create('/e'),
      text('/b', change(0, 0, 0, 'x')),
      rename('/d', '/n'),
      rename('/n', '/m'),
    ]
    const reason = 'unknown: cannot create /e: it exists'
    expect(new Set(summaries(run(project, ...steps)))).toEqual(
      new Set([
        '/a: "one" -> "1"',
        `/b: "two" -> ${reason}`,
        `/e: absent -> ${reason}`,
        `/d: absent -> ${reason}`,
        `/d/f: "in" -> ${reason}`,
        `/d/g/h: "deep" -> ${reason}`,
        `/n: absent -> ${reason}`,
        `/n/f: absent -> ${reason}`,
        `/n/g/h: absent -> ${reason}`,
        `/m: absent -> ${reason}`,
        `/m/f: absent -> ${reason}`,
        `/m/g/h: absent -> ${reason}`,
      ]),
    )
  })

  it('is none in an original that was not asked for: that is a bug', () => {
    expect(() => imagesOf([text('/a')], new Map(), 'utf-16')).toThrow(
      'broken invariant: the original of /a was not asked for',
    )
    const listed: Original = { kind: 'folder', files: ['/d/f'], folders: [] }
    expect(() => imagesOf([remove('/d', { recursive: true })], new Map([['/d', listed]]), 'utf-16')).toThrow(
      'broken invariant: /d/f has no original bytes',
    )
  })
})

describe('a folder', () => {
  const project: Project = {
    '/d/': '',
    '/d/f': 'in',
    '/d/g/': '',
    '/d/g/h': 'deep',
    '/dx': 'beside',
    '/e/': '',
    '/e/f': 'old',
  }

  it('takes all that is in it along when it is renamed', () => {
    const images = run(project, rename('/d', '/n'))
    expect(summaries(images)).toEqual([
      '/d/f: "in" -> absent',
      '/n/f: absent -> "in" from /d/f',
      '/d/g/h: "deep" -> absent',
      '/n/g/h: absent -> "deep" from /d/g/h',
    ])
    expect(images.foldersMade).toEqual(['/n', '/n/g'])
    expect(images.foldersRemoved).toEqual(['/d/g', '/d'])
  })

  it('names folders made from the top down and folders removed from the bottom up, however they were listed', () => {
    const originals = new Map<string, Original>([
      ['/n', { kind: 'absent' }],
      ['/d', { kind: 'folder', files: [], folders: ['/d/g/h', '/d/g'] }],
    ])
    const images = imagesOf([rename('/d', '/n')], originals, 'utf-16')
    expect(images.foldersMade).toEqual(['/n', '/n/g', '/n/g/h'])
    expect(images.foldersRemoved).toEqual(['/d/g/h', '/d/g', '/d'])
  })

  it('leaves alone a file beside it whose name only starts like its own', () => {
    const images = run(project, text('/dx', change(0, 0, 0, '!')), remove('/d', { recursive: true }))
    expect(summaries(images)).toEqual([
      '/dx: "beside" -> "!beside"',
      '/d/f: "in" -> absent',
      '/d/g/h: "deep" -> absent',
    ])
  })

  it('is replaced, files and all, by one that is renamed over it', () => {
    const images = run(project, rename('/d', '/e', { overwrite: true }))
    expect(summaries(images)).toEqual([
      '/e/f: "old" -> "in" from /d/f',
      '/d/f: "in" -> absent',
      '/d/g/h: "deep" -> absent',
      '/e/g/h: absent -> "deep" from /d/g/h',
    ])
    expect(images.foldersMade).toEqual(['/e/g'])
    expect(images.foldersRemoved).toEqual(['/d/g', '/d'])
  })

  it('is deleted with all that is in it', () => {
    const images = run(project, remove('/d', { recursive: true }))
    expect(summaries(images)).toEqual(['/d/f: "in" -> absent', '/d/g/h: "deep" -> absent'])
    expect(images.foldersMade).toEqual([])
    expect(images.foldersRemoved).toEqual(['/d/g', '/d'])
  })

  it('is deleted without more ado when it is empty, or when earlier steps emptied it', () => {
    expect(run({ '/d/': '' }, remove('/d')).foldersRemoved).toEqual(['/d'])
    const emptied = run({ '/d/': '', '/d/f': 'in' }, rename('/d/f', '/f'), remove('/d'))
    expect(summaries(emptied)).toEqual(['/d/f: "in" -> absent', '/f: absent -> "in" from /d/f'])
    expect(emptied.foldersRemoved).toEqual(['/d'])
  })

  it('lets its files be edited under their new names', () => {
    const images = run(
      project,
      rename('/d', '/n'),
      text('/n/g/h', change(0, 0, 4, 'DEEP')),
      rename('/n/f', '/n/k'),
    )
    expect(summaries(images)).toEqual([
      '/d/f: "in" -> absent',
      '/d/g/h: "deep" -> absent',
      '/n/g/h: absent -> "DEEP" from /d/g/h',
      '/n/k: absent -> "in" from /d/f',
    ])
  })

  it('is there again when a file is created in it after it was deleted', () => {
    const images = run({ '/d/': '', '/d/f': 'in' }, remove('/d', { recursive: true }), create('/d/new'))
    expect(summaries(images)).toEqual(['/d/f: "in" -> absent', '/d/new: absent -> "" from nothing'])
    expect(images.foldersRemoved).toEqual([])
    expect(images.foldersMade).toEqual([])
  })

  it('is made for a file in it, and named where it is known to have been missing', () => {
    expect(run({}, create('/n/deep/file')).foldersMade).toEqual([])
    const named = run({}, remove('/n', { ignoreIfNotExists: true }), create('/n/deep/file'))
    expect(named.foldersMade).toEqual(['/n', '/n/deep'])
    const listed = run(project, rename('/d', '/n'), rename('/n/f', '/n/new/f'))
    expect(listed.foldersMade).toEqual(['/n', '/n/g', '/n/new'])
  })

  it('that was made for a file stays when the file is gone', () => {
    const images = run({}, create('/n/deep/file'), remove('/n/deep/file'), remove('/n'))
    expect(summaries(images)).toEqual(['/n: absent -> unknown: cannot delete /n: it is not empty'])
    expect(images.foldersMade).toEqual([])
  })

  it('makes way for a file, and a file for a folder', () => {
    const toFile = run({ '/d/': '' }, remove('/d'), create('/d'))
    expect(summaries(toFile)).toEqual(['/d: absent -> "" from nothing'])
    expect(toFile.foldersRemoved).toEqual(['/d'])
    const toFolder = run({ '/a': 'one', '/d/': '', '/d/f': 'in' }, remove('/a'), rename('/d', '/a'))
    expect(summaries(toFolder)).toEqual([
      '/a: "one" -> absent',
      '/d/f: "in" -> absent',
      '/a/f: absent -> "in" from /d/f',
    ])
    expect(toFolder.foldersMade).toEqual(['/a'])
    expect(toFolder.foldersRemoved).toEqual(['/d'])
  })

  it('is deleted as an empty one while folders in it count', () => {
    expect(summaries(run({ '/d/': '', '/d/g/': '' }, remove('/d')))).toEqual([
      '/d: absent -> unknown: cannot delete /d: it is not empty',
    ])
  })
})

describe('any steps', () => {
  const path = fc.constantFrom('/a', '/b', '/c', '/d', '/d/f', '/d/g', '/n', '/n/f')
  const flags = fc.record({
    overwrite: fc.boolean(),
    ignoreIfExists: fc.boolean(),
    ignoreIfNotExists: fc.boolean(),
    recursive: fc.boolean(),
  })
  const edits = fc
    .tuple(fc.nat(2), fc.nat(4), fc.nat(4), fc.constantFrom('', 'x', 'é\n', '😀'))
    .map(([line, start, length, newText]) => [change(line, start, start + length, newText)])
  const step = fc.oneof(
    fc.tuple(path, edits).map(([p, e]) => text(p, ...e)),
    fc.tuple(path, flags).map(([p, f]) => create(p, f)),
    fc.tuple(path, path, flags).map(([p, q, f]) => rename(p, q, f)),
    fc.tuple(path, flags).map(([p, f]) => remove(p, f)),
  )
  const project: Project = {
    '/a': 'one\ntwo',
    '/b': '\ufeffzwei\r\n',
    '/d/': '',
    '/d/f': 'é😀',
    '/d/g/': '',
    '/d/g/h': '',
  }

  it('come to images whose after-images are their sources with the edits spliced in', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const originals = originalsOf(project, steps)
        for (const { after, source, edits: spliced } of imagesOf(steps, originals, 'utf-16').images) {
          const original = source === undefined ? { kind: 'absent' as const } : originals.get(source)!
          if (after.kind !== 'file') expect([source, spliced]).toEqual([undefined, []])
          else
            expect(splice(original.kind === 'file' ? original.bytes : Buffer.of(), spliced)).toEqual(
              bytesOf(after.bytes),
            )
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('come to one image a path, with the bytes it had, for every path that is a file before or after', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const { images } = imagesOf(steps, originalsOf(project, steps), 'utf-16')
        expect(new Set(images.map((image) => image.path)).size).toBe(images.length)
        for (const { path: at, before } of images) {
          expect(before && Buffer.from(bytesOf(before)).toString()).toBe(project[at])
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('come to what carrying them out on a plain model of a disk comes to, as long as none is a fault', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const originals = originalsOf(project, steps)
        const { images, foldersMade, foldersRemoved } = imagesOf(steps, originals, 'utf-16')
        fc.pre(images.every(({ after }) => after.kind !== 'unknown'))
        const disk = new Map(Object.entries(project))
        for (const step of steps) carryOut(disk, step)

        const expected = new Map(Object.entries(project))
        for (const { path: at, after } of images) {
          if (after.kind === 'file') expected.set(at, Buffer.from(bytesOf(after.bytes)).toString())
          else expected.delete(at)
        }
        for (const folder of foldersRemoved) expected.delete(`${folder}/`)
        for (const folder of foldersMade) expected.set(`${folder}/`, '')
        // A folder that no step names may be made for a file without being known to be missing before.
        if (!originals.has('/n') && disk.has('/n/')) expected.set('/n/', '')
        expect(Object.fromEntries(expected)).toEqual(Object.fromEntries(disk))
      }),
      { numRuns: 1000 },
    )
  })
})

/** Steps that are known to be no faults, carried out on paths and contents. */
function carryOut(disk: Map<string, string>, step: Step): void {
  const isThere = (path: string) => disk.has(path) || disk.has(`${path}/`)
  const removeAll = (path: string) => {
    for (const other of [...disk.keys()])
      if (other === path || other.startsWith(`${path}/`)) disk.delete(other)
  }
  const makeFoldersAbove = (path: string) => {
    for (let at = path.indexOf('/', 1); at !== -1; at = path.indexOf('/', at + 1))
      disk.set(path.slice(0, at + 1), '')
  }
  switch (step.kind) {
    case 'create':
      if (isThere(step.path) && !step.overwrite) break
      makeFoldersAbove(step.path)
      disk.set(step.path, '')
      break
    case 'delete':
      removeAll(step.path)
      break
    case 'rename': {
      if (isThere(step.to) && !step.overwrite) break
      removeAll(step.to)
      makeFoldersAbove(step.to)
      for (const [path, content] of [...disk]) {
        if (path !== step.from && !path.startsWith(`${step.from}/`)) continue
        disk.delete(path)
        disk.set(step.to + path.slice(step.from.length), content)
      }
      break
    }
    case 'text': {
      const content = disk.get(step.path)!
      const bom = content.startsWith('\ufeff') ? '\ufeff' : ''
      const lines = content.slice(bom.length).split(/(?<=\r\n|\n|\r(?!\n))/)
      // `split` leaves no empty last line behind a final line ending.
      if (lines.length === 0 || /[\r\n]$/.test(lines.at(-1)!)) lines.push('')
      for (const { range, newText } of step.edits) {
        const line = lines[range.start.line]
        if (line === undefined) {
          lines.push(newText)
          continue
        }
        const bare = line.replace(/[\r\n]+$/, '')
        const clamp = (character: number) => {
          const at = Math.min(character, bare.length)
          return /[\ud800-\udbff]/.test(bare.charAt(at - 1)) ? at - 1 : at
        }
        const { start, end } = range
        lines[start.line] = line.slice(0, clamp(start.character)) + newText + line.slice(clamp(end.character))
      }
      disk.set(step.path, bom + lines.join(''))
    }
  }
}
