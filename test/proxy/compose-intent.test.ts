import { describe, expect, it } from 'vitest'
import { bytesOf, type FileBytes, isUnkept } from '../../server/edits/file-bytes.ts'
import { createHasher } from '../../server/edits/hash.ts'
import type { Image } from '../../server/edits/images.ts'
import { splice } from '../../server/edits/splice.ts'
import type { Intent, PathFacts } from '../../server/journal/intent.ts'
import { ChangedMeanwhile, composeIntent } from '../../server/proxy/compose-intent.ts'
import { Mirror } from '../../server/proxy/mirror.ts'
import { fromWorkspaceEdit } from '../../server/proxy/workspace-edit.ts'
import { Machine } from '../disk/machine.ts'
import { about, imagesAtHand } from '../journal/intents.ts'

const hasher = await createHasher()
const uri = (path: string) => `file://${path}`
const range = (line: number, start: number, endLine: number, end: number) => ({
  start: { line, character: start },
  end: { line: endLine, character: end },
})
const put = (line: number, start: number, end: number, newText: string) => ({
  range: range(line, start, line, end),
  newText,
})
const edits = (path: string, ...all: object[]) => ({
  textDocument: { uri: uri(path), version: null },
  edits: all,
})
const snippet = { range: range(0, 0, 0, 0), snippet: { kind: 'snippet', value: '$TM_FILENAME' } }
const create = (path: string) => ({ kind: 'create', uri: uri(path) })
const rename = (from: string, to: string, options = {}) => ({
  kind: 'rename',
  oldUri: uri(from),
  newUri: uri(to),
  options,
})

interface Whole {
  readonly intent: Intent
  readonly skipped: readonly string[]
}

/** A project on a disk, and what an editor has open of it. */
class Project {
  readonly machine = new Machine(hasher)
  readonly env = this.machine.run()
  readonly mirror = new Mirror()

  constructor(files: Record<string, string | Uint8Array> = {}) {
    this.machine.platter.putFolder('/p')
    for (const [path, content] of Object.entries(files)) {
      const folders = path.split('/').slice(0, -1)
      for (let i = 2; i <= folders.length; i++) this.machine.platter.putFolder(folders.slice(0, i).join('/'))
      this.machine.platter.put(path, content)
    }
  }

  open(path: string, text: string, version: number | null = 1): this {
    this.mirror.open({ textDocument: { uri: uri(path), version, text } })
    return this
  }

  /** The whole intent, its files at hand. */
  async compose(documentChanges: object[], limit = 1_000_000, tries = 2): Promise<Whole> {
    const lowered = fromWorkspaceEdit({ documentChanges })
    const composed = await composeIntent(this.env, this.mirror, lowered, about, limit)
    const { id, skipped, folders } = composed
    const facts = new Map<string, PathFacts>()
    const images: Image[] = []
    try {
      for await (const batch of composed.batches()) {
        images.push(...imagesAtHand(batch.images))
        for (const [path, known] of batch.facts) facts.set(path, known)
      }
    } catch (error) {
      if (error instanceof ChangedMeanwhile && tries > 1)
        return this.compose(documentChanges, limit, tries - 1)
      throw error
    }
    return { skipped, intent: { id, images, facts, folders, foreign: false, about: composed.about } }
  }

  async intent(...documentChanges: object[]): Promise<Intent> {
    const { intent } = await this.compose(documentChanges)
    // The law of images, which replay stands on.
    for (const { after, source, edits } of intent.images) {
      if (after.kind !== 'file' || isUnkept(after.bytes)) continue
      const original = intent.images.find(({ path }) => path === source)?.before
      expect(Buffer.from(bytesOf(after.bytes))).toEqual(splice(bytesOf(original ?? Buffer.alloc(0)), edits))
    }
    return intent
  }
}

/** One line an image: `/a: before -> after`. */
const summary = ({ images }: Intent): string[] =>
  images.map(({ path, before, after }) => {
    const words = (bytes: FileBytes) =>
      isUnkept(bytes)
        ? `${bytes.length} bytes`
        : JSON.stringify(Buffer.from(bytesOf(bytes)).toString('latin1'))
    const then = before === undefined ? 'absent' : words(before)
    const now =
      after.kind === 'file'
        ? words(after.bytes)
        : after.kind === 'absent'
          ? 'absent'
          : `unknown: ${after.reason}`
    return `${path}: ${then} -> ${now}`
  })

/** What the first file of an intent becomes. */
function textAfter({ images: [first] }: Intent): string | undefined {
  return first?.after.kind === 'file' ? Buffer.from(bytesOf(first.after.bytes)).toString() : undefined
}

describe('a file that is not open', () => {
  it('is read from the disk, with what is known of it', async () => {
    const project = new Project({ '/p/a.ts': 'foo\n' })
    const stat = await project.env.disk.stat('/p/a.ts')
    const intent = await project.intent(edits('/p/a.ts', put(0, 0, 3, 'sum')))
    expect(summary(intent)).toEqual(['/p/a.ts: "foo\\n" -> "sum\\n"'])
    expect(intent.facts).toEqual(
      new Map([['/p/a.ts', { from: 'disk', size: 4, mtimeNs: stat!.mtimeNs, mode: 0o644 }]]),
    )
    expect(intent).toMatchObject({ foreign: false, about, folders: { made: [], removed: [] } })
    expect(intent.id).toMatch(/^[0-9a-f]{32}$/)
  })

  it.each<[string, Uint8Array, string]>([
    ['CRLF', Buffer.from('foo\r\nfoo\r\n'), '"foo\\r\\nsum\\r\\n"'],
    ['a byte order mark', Buffer.from('\ufeffa\nfoo\n'), '"ï»¿a\\nsum\\n"'],
    ['no final newline', Buffer.from('a\nfoo'), '"a\\nsum"'],
    ['latin-1 elsewhere', Buffer.from('caf\xe9\nfoo\n', 'latin1'), '"café\\nsum\\n"'],
    ['latin-1 on the line', Buffer.from('\nfoo\xe9\n', 'latin1'), '"\\nsumé\\n"'],
    ['UTF-16', Buffer.from('\ufeffa\nfoo\n', 'utf16le'), 'unknown: not UTF-8'],
    ['binary', Buffer.from([0, 10, 102, 111, 111, 255]), 'unknown: not UTF-8'],
  ])('keeps its bytes: %s', async (_title, bytes, after) => {
    const intent = await new Project({ '/p/a.ts': bytes }).intent(edits('/p/a.ts', put(1, 0, 3, 'sum')))
    expect(summary(intent)[0]!.split(' -> ')[1]).toBe(after)
    expect(intent.images[0]!.before).toEqual(Buffer.from(bytes))
  })

  it('that is missing makes the edit one that nobody can tell', async () => {
    const { intent } = await new Project().compose([edits('/p/a.ts', put(0, 0, 0, 'x'))])
    expect(summary(intent)).toEqual(['/p/a.ts: absent -> unknown: cannot edit /p/a.ts: it does not exist'])
    expect(intent.facts.get('/p/a.ts')).toEqual({ from: 'disk' })
  })

  it('that cannot be read fails the whole', async () => {
    const project = new Project({ '/p/a.ts': 'foo\n' })
    project.env.disk.plan = ({ name }) => (name === 'read' ? { kind: 'error', code: 'EACCES' } : undefined)
    await expect(project.compose([edits('/p/a.ts', put(0, 0, 3, 'x'))])).rejects.toThrow(
      'cannot read /p/a.ts: EACCES',
    )
  })

  it('is created, with the folders above known to be missing only where they were looked at', async () => {
    const intent = await new Project().intent(
      { kind: 'create', uri: uri('/p/b.ts') },
      edits('/p/b.ts', put(0, 0, 0, 'new\n')),
    )
    expect(summary(intent)).toEqual(['/p/b.ts: absent -> "new\\n"'])
  })
})

describe('a document that is open', () => {
  it.each<[string, string, string]>([
    ['alike', 'a\nfoo\n', 'a\nfoo\n'],
    ['with LF for CRLF', 'a\r\nfoo\r\n', 'a\nfoo\n'],
    ['with CRLF for LF', 'a\nfoo\n', 'a\r\nfoo\r\n'],
    ['without the byte order mark', '\ufeffa\nfoo\n', 'a\nfoo\n'],
    ['without the final newline', 'a\nfoo\n', 'a\nfoo'],
    ['with a final newline more', 'a\nfoo', 'a\nfoo\n'],
  ])('and saved is its file, byte for byte: %s', async (_title, disk, text) => {
    const project = new Project({ '/p/a.ts': disk }).open('/p/a.ts', text)
    const intent = await project.intent(edits('/p/a.ts', put(1, 0, 3, 'sum')))
    expect(intent.images[0]!.before).toEqual(Buffer.from(disk))
    expect(textAfter(intent)).toBe(disk.replace('foo', 'sum'))
    expect(intent.facts.get('/p/a.ts')).toMatchObject({ from: 'disk', size: Buffer.byteLength(disk) })
  })

  it('with unsaved work is its text, and the disk is known by its hash', async () => {
    const project = new Project({ '/p/a.ts': 'foo\n' }).open('/p/a.ts', 'foo // unsaved\n', 7)
    const intent = await project.intent(edits('/p/a.ts', put(0, 0, 3, 'sum')))
    expect(summary(intent)).toEqual(['/p/a.ts: "foo // unsaved\\n" -> "sum // unsaved\\n"'])
    expect(intent.facts.get('/p/a.ts')).toMatchObject({
      from: 'buffer',
      version: 7,
      disk: hasher.hash(Buffer.from('foo\n')),
      size: 4,
    })
  })

  it('is stale where another program has written its file since it was read or saved', async () => {
    const project = new Project({ '/p/a.ts': 'foo\n' })
    const isStale = async () =>
      (await project.intent(edits('/p/a.ts', put(0, 0, 3, 'sum')))).facts.get('/p/a.ts')?.stale ?? false
    const textDocument = { uri: uri('/p/a.ts'), version: 2 }
    const type = (text: string) => project.mirror.change({ textDocument, contentChanges: [{ text }] })
    project.open('/p/a.ts', 'foo\n')
    expect(await isStale()).toBe(false)
    project.machine.platter.put('/p/a.ts', 'foo\nmore\n')
    expect(await isStale()).toBe(true)
    // Saved, or written by another: nobody says.
    type('foo\nmore')
    type('foo\nmore // unsaved\n')
    expect(await isStale()).toBe(false)
    project.mirror.save({ textDocument })
    expect(await isStale()).toBe(true)
    project.machine.platter.put('/p/a.ts', '\ufefffoo\r\nmore // unsaved')
    type('foo\n')
    expect(await isStale()).toBe(false)
    project.machine.platter.remove('/p/a.ts', 'file')
    expect(await isStale()).toBe(false)
  })

  it('at another version than the edit is for may be skipped by its editor: what becomes of it is unknown', async () => {
    const project = new Project({ '/p/a.ts': 'foo\n' }).open('/p/a.ts', 'foo\n', 7)
    const stale = { textDocument: { uri: uri('/p/a.ts'), version: 6 }, edits: [put(0, 0, 3, 'sum')] }
    const [image] = (await project.intent(stale)).images
    expect(image?.after).toEqual({
      kind: 'unknown',
      reason: 'it is meant for version 6, and the editor is at 7',
    })
    const current = { textDocument: { uri: uri('/p/a.ts'), version: 7 }, edits: [put(0, 0, 3, 'sum')] }
    expect(summary(await project.intent(current))).toEqual(['/p/a.ts: "foo\\n" -> "sum\\n"'])
  })

  it('with unsaved work keeps the BOM and the line endings of its file, which editors do not send', async () => {
    const project = new Project({ '/p/a.ts': '\ufefffoo\r\nbar\r\n' }).open('/p/a.ts', 'foo\nbar\nunsaved\n')
    const intent = await project.intent(edits('/p/a.ts', put(1, 0, 3, 'sum')))
    expect(summary(intent)).toEqual([
      '/p/a.ts: "ï»¿foo\\r\\nbar\\r\\nunsaved\\r\\n" -> "ï»¿foo\\r\\nsum\\r\\nunsaved\\r\\n"',
    ])
  })

  it('whose blanks at a line end differ has unsaved work', async () => {
    const project = new Project({ '/p/a.ts': 'foo \n' }).open('/p/a.ts', 'foo\n')
    const intent = await project.intent(edits('/p/a.ts', put(0, 0, 3, 'sum')))
    expect(intent.facts.get('/p/a.ts')?.from).toBe('buffer')
  })

  it('and was never saved is its text, over nothing', async () => {
    const project = new Project().open('/p/new.ts', 'foo\n', null)
    const intent = await project.intent(edits('/p/new.ts', put(0, 0, 3, 'sum')))
    expect(summary(intent)).toEqual(['/p/new.ts: "foo\\n" -> "sum\\n"'])
    expect(intent.facts.get('/p/new.ts')).toEqual({ from: 'buffer', disk: null })
  })

  it('counts columns in the encoding that was agreed on', async () => {
    const project = new Project({ '/p/a.ts': '😀foo\n' })
    project.mirror.encoding = 'utf-32'
    const intent = await project.intent(edits('/p/a.ts', put(0, 1, 4, 'sum')))
    expect(textAfter(intent)).toBe('😀sum\n')
  })

  it.each<[string, string, string, string, string]>([
    ['a text', 'a', 'a\n', '"a\\n"', '"a\\nb\\n"'],
    ['CRLF', 'a\r\nb', 'a\nb\n', '"a\\r\\nb\\r\\n"', '"a\\r\\nb\\r\\nb\\n"'],
    ['an empty file', '', '\n', '"\\n"', '"\\nb\\n"'],
  ])(
    'with a final newline more takes what is written behind it on a line of its own: %s',
    async (_title, disk, text, before, after) => {
      const project = new Project({ '/p/a.ts': disk }).open('/p/a.ts', text)
      const line = text.split('\n').length - 1
      const intent = await project.intent(edits('/p/a.ts', put(line, 0, 0, 'b\n')))
      expect(summary(intent)).toEqual([`/p/a.ts: ${before} -> ${after}`])
      expect(intent.facts.get('/p/a.ts')).toMatchObject({
        from: 'buffer',
        disk: hasher.hash(Buffer.from(disk)),
      })
    },
  )

  it('with a final newline more is its file, whatever is written behind another', async () => {
    const project = new Project({ '/p/a.ts': 'foo', '/p/b.ts': 'b\nb\n' }).open('/p/a.ts', 'foo\n')
    const intent = await project.intent(
      edits('/p/a.ts', put(0, 0, 3, 'sum')),
      edits('/p/b.ts', put(1, 0, 1, 'x')),
    )
    expect(summary(intent)).toEqual(['/p/a.ts: "foo" -> "sum"', '/p/b.ts: "b\\nb\\n" -> "b\\nx\\n"'])
  })

  const wide = Buffer.from('foo\n', 'utf16le')
  it.each<[string, Uint8Array, string, string]>([
    ['latin-1', Buffer.from('foo é\n', 'latin1'), 'foo é\n', '"sum é\\n"'],
    [
      'latin-1 that the editor read as broken UTF-8',
      Buffer.from('foo é\n', 'latin1'),
      'foo \ufffd\n',
      '"sum é\\n"',
    ],
    [
      'latin-1 with unsaved work',
      Buffer.from('foo é\n', 'latin1'),
      'foo é!\n',
      'unknown: it is not UTF-8 and its buffer has unsaved changes',
    ],
    ['UTF-16', Buffer.from('\ufefffoo\n', 'utf16le'), 'foo\n', 'unknown: not UTF-8'],
    ['UTF-16 without a mark', wide, 'foo\n', 'unknown: it is not UTF-8 and its buffer has unsaved changes'],
  ])('of a file that is not UTF-8 leaves it its bytes: %s', async (_title, disk, text, after) => {
    const project = new Project({ '/p/a.ts': disk }).open('/p/a.ts', text)
    const intent = await project.intent(edits('/p/a.ts', put(0, 0, 3, 'sum')))
    expect(intent.images[0]!.before).toEqual(Buffer.from(disk))
    expect(intent.facts.get('/p/a.ts')?.from).toBe('disk')
    expect(summary(intent)[0]!.split(' -> ')[1]).toBe(after)
  })
})

describe('what stands in the way', () => {
  it('is not known when it is a link that is removed or moved: the file behind it stays', async () => {
    const project = new Project({ '/p/real.ts': 'foo\n', '/p/folder/in.ts': 'in\n' })
    project.machine.platter.putLink('/p/link.ts', '/p/real.ts')
    project.machine.platter.putLink('/p/linked', '/p/folder')
    for (const path of ['/p/link.ts', '/p/linked']) {
      const { images } = await project.intent({
        kind: 'delete',
        uri: uri(path),
        options: { recursive: true },
      })
      expect(images.map((image) => [image.path, image.after.kind])).toEqual([[path, 'unknown']])
    }
  })

  it('is read through a link, as the file that it leads to', async () => {
    const project = new Project({ '/p/real.ts': 'foo\n' })
    project.machine.platter.putLink('/p/link.ts', '/p/real.ts')
    const intent = await project.intent(edits('/p/link.ts', put(0, 0, 3, 'sum')))
    expect(summary(intent)).toEqual(['/p/link.ts: "foo\\n" -> "sum\\n"'])
  })

  it.each<[string, object[], string[]]>([
    [
      'edited',
      [edits('/p/pipe', put(0, 0, 0, 'x'))],
      ['/p/pipe: absent -> unknown: cannot edit /p/pipe: it does not exist'],
    ],
    [
      'written over',
      [{ kind: 'create', uri: uri('/p/pipe'), options: { overwrite: true } }],
      ['/p/pipe: absent -> unknown: it is no ordinary file'],
    ],
    [
      'in the place where a file goes',
      [rename('/p/a.ts', '/p/pipe', { overwrite: true })],
      ['/p/a.ts: "foo\\n" -> absent', '/p/pipe: absent -> unknown: it is no ordinary file'],
    ],
  ])('is never read where it is no file: %s', async (_title, changes, expected) => {
    const project = new Project({ '/p/a.ts': 'foo\n' })
    project.machine.platter.putOther('/p/pipe')
    const { intent } = await project.compose(changes)
    expect(summary(intent)).toEqual(expected)
    expect(project.env.disk.log.filter(({ name }) => name === 'read').map(({ path }) => path)).not.toContain(
      '/p/pipe',
    )
  })

  it('is a folder where a file is edited', async () => {
    const { intent } = await new Project({ '/p/src/a.ts': 'a' }).compose([edits('/p/src', put(0, 0, 0, 'x'))])
    expect(summary(intent)).toEqual([
      '/p/src: absent -> unknown: cannot edit /p/src: it is a folder',
      '/p/src/a.ts: "a" -> unknown: cannot edit /p/src: it is a folder',
    ])
  })
})

describe('a snippet', () => {
  it('makes its own file unknown, and no other', async () => {
    const intent = await new Project({ '/p/a.ts': 'a\n', '/p/b.ts': 'b\n' }).intent(
      edits('/p/a.ts', put(0, 0, 1, 'x'), snippet),
      edits('/p/b.ts', put(0, 0, 1, 'y')),
    )
    expect(summary(intent)).toEqual([
      '/p/a.ts: "a\\n" -> unknown: an edit is a snippet',
      '/p/b.ts: "b\\n" -> "y\\n"',
    ])
    expect(intent.images[0]).toMatchObject({ source: undefined, edits: [] })
  })

  it.each<[string, object[]]>([
    ['before', [edits('/p/a.ts', snippet), rename('/p/a.ts', '/p/b.ts')]],
    ['after', [rename('/p/a.ts', '/p/b.ts'), edits('/p/b.ts', snippet)]],
    ['between two', [rename('/p/a.ts', '/p/c.ts'), edits('/p/c.ts', snippet), rename('/p/c.ts', '/p/b.ts')]],
  ])('in a file that is moved is not forgotten: %s', async (_title, changes) => {
    const intent = await new Project({ '/p/a.ts': 'a\n' }).intent(...changes)
    expect(summary(intent)).toContain('/p/b.ts: absent -> unknown: an edit is a snippet')
    expect(summary(intent)).toContain('/p/a.ts: "a\\n" -> absent')
  })

  it('in a file that is deleted does not matter', async () => {
    const intent = await new Project({ '/p/a.ts': 'a\n' }).intent(edits('/p/a.ts', snippet), {
      kind: 'delete',
      uri: uri('/p/a.ts'),
    })
    expect(summary(intent)).toEqual(['/p/a.ts: "a\\n" -> absent'])
  })
})

it('a file in another encoding with unsaved work is not known where it is moved to either', async () => {
  const project = new Project({ '/p/a.ts': Buffer.from('é\n', 'latin1') }).open('/p/a.ts', 'é!\n')
  const intent = await project.intent(rename('/p/a.ts', '/p/b.ts'))
  expect(summary(intent)).toEqual([
    '/p/a.ts: "é\\n" -> absent',
    '/p/b.ts: absent -> unknown: it is not UTF-8 and its buffer has unsaved changes',
  ])
})

describe('a folder', () => {
  const files = { '/p/src/a.ts': 'a\n', '/p/src/in/b.ts': 'b\n', '/p/srcs/c.ts': 'c\n' }

  it.each<[string, string, string]>([
    ['as it is', '/p/src', '/p/lib'],
    ['with slashes behind its name', '/p/src/', '/p/lib/'],
    ['with a slash behind one name', '/p/src/', '/p/lib'],
  ])('is moved with every file in it: %s', async (_title, from, to) => {
    const intent = await new Project(files).intent(
      rename(from, to),
      edits('/p/lib/in/b.ts', put(0, 0, 1, 'x')),
    )
    expect(summary(intent).sort()).toEqual([
      '/p/lib/a.ts: absent -> 2 bytes',
      '/p/lib/in/b.ts: absent -> "x\\n"',
      '/p/src/a.ts: 2 bytes -> absent',
      '/p/src/in/b.ts: "b\\n" -> absent',
    ])
    expect(intent.folders).toEqual({ made: ['/p/lib', '/p/lib/in'], removed: ['/p/src/in', '/p/src'] })
  })

  it.each<[string, object[], string[]]>([
    ['for a new file', [create('/p/new/in/a.ts')], ['/p/new', '/p/new/in']],
    ['for a file that is moved', [rename('/p/src/a.ts', '/p/new/a.ts')], ['/p/new']],
    ['for a folder that is moved', [rename('/p/src/in', '/p/new/in')], ['/p/new', '/p/new/in']],
    ['for two of them', [create('/p/new/a.ts'), create('/p/new/in/b.ts')], ['/p/new', '/p/new/in']],
    ['not where it is there', [create('/p/src/in/c.ts')], []],
    ['not where a file is in its place', [create('/p/src/a.ts/in/c.ts')], []],
  ])('that the editor makes unasked is known to be missing: %s', async (_title, changes, made) => {
    const intent = await new Project(files).intent(...changes)
    expect(intent.folders.made).toEqual(made)
  })

  it('is moved with the unsaved work in its files', async () => {
    const project = new Project(files).open('/p/src/a.ts', 'a!\n')
    const intent = await project.intent(rename('/p/src', '/p/lib'))
    expect(summary(intent)).toContain('/p/lib/a.ts: absent -> "a!\\n"')
    expect(intent.facts.get('/p/src/a.ts')?.from).toBe('buffer')
  })

  it('is deleted with everything but what is no file: that is named', async () => {
    const project = new Project(files)
    project.machine.platter.putLink('/p/src/link', '/etc')
    project.machine.platter.putLink('/p/src/in/dangling', '/nowhere')
    project.machine.platter.putOther('/p/src/pipe')
    const { intent, skipped } = await project.compose([
      { kind: 'delete', uri: uri('/p/src'), options: { recursive: true } },
    ])
    expect(summary(intent)).toEqual(['/p/src/a.ts: "a\\n" -> absent', '/p/src/in/b.ts: "b\\n" -> absent'])
    expect([...skipped].sort()).toEqual(['/p/src/in/dangling', '/p/src/link', '/p/src/pipe'])
  })

  it('is deleted with everything but what has a name that is not UTF-8: that is named', async () => {
    const project = new Project(files)
    const list = project.env.disk.list.bind(project.env.disk)
    // Node puts U+FFFD in the place of bytes that are no UTF-8, and finds nothing by that name.
    project.env.disk.list = async (path) => {
      if (path.includes('\ufffd')) return undefined
      const entries = (await list(path)) ?? []
      if (path !== '/p/src') return entries
      return [...entries, { name: 'caf\ufffd', kind: 'file' }, { name: '\ufffdt\ufffd', kind: 'folder' }]
    }
    const { intent, skipped } = await project.compose([
      { kind: 'delete', uri: uri('/p/src'), options: { recursive: true } },
    ])
    expect(summary(intent)).toEqual(['/p/src/a.ts: "a\\n" -> absent', '/p/src/in/b.ts: "b\\n" -> absent'])
    expect([...skipped].sort()).toEqual(['/p/src/caf\ufffd', '/p/src/\ufffdt\ufffd'])
  })

  it('is not deleted without `recursive`, as far as anybody can tell', async () => {
    const { intent } = await new Project(files).compose([{ kind: 'delete', uri: uri('/p/src') }])
    expect(summary(intent)).toContain('/p/src/a.ts: "a\\n" -> unknown: cannot delete /p/src: it is not empty')
  })

  it.each<[string, (project: Project) => void]>([
    ['goes', ({ machine }) => machine.platter.takeAway('/p/src/a.ts')],
    [
      'becomes a pipe',
      ({ machine }) => {
        machine.platter.takeAway('/p/src/a.ts')
        machine.platter.putOther('/p/src/a.ts')
      },
    ],
  ])('is moved without a file that %s while it is looked at', async (_title, happens) => {
    const project = new Project(files)
    let done = false
    project.env.disk.plan = ({ name, path }) => {
      if (!done && name === 'stat' && path === '/p/src/a.ts') {
        done = true
        happens(project)
      }
      return undefined
    }
    const intent = await project.intent(rename('/p/src', '/p/lib'))
    expect(summary(intent)).toEqual([
      '/p/src/in/b.ts: 2 bytes -> absent',
      '/p/lib/in/b.ts: absent -> 2 bytes',
    ])
  })

  it('may hold more files than are read at once', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`/p/src/${i}.ts`, `${i}`]))
    const intent = await new Project(many).intent(rename('/p/src', '/p/lib'))
    expect(intent.images).toHaveLength(200)
    expect(summary(intent)).toContain('/p/lib/99.ts: absent -> 2 bytes')
  })

  it('is moved without any file in it being read', async () => {
    const project = new Project(files)
    const stat = await project.env.disk.lstat('/p/src/a.ts')
    const intent = await project.intent(rename('/p/src', '/p/lib'))
    expect(summary(intent).sort()).toEqual([
      '/p/lib/a.ts: absent -> 2 bytes',
      '/p/lib/in/b.ts: absent -> 2 bytes',
      '/p/src/a.ts: 2 bytes -> absent',
      '/p/src/in/b.ts: 2 bytes -> absent',
    ])
    const { size, mtimeNs, mode } = stat!
    expect(intent.facts.get('/p/src/a.ts')).toEqual({ from: 'disk', size, mtimeNs, mode })
    expect(new Set(project.env.disk.log.map(({ name }) => name))).toEqual(new Set(['stat', 'list']))
  })

  it('is moved with the links and pipes in it, and nobody looks behind them', async () => {
    const project = new Project({ '/p/src/a.ts': 'a\n', '/elsewhere/b': 'behind' })
    project.machine.platter.putLink('/p/src/link', '/elsewhere')
    project.machine.platter.putLink('/p/src/dangling', '/nowhere')
    project.machine.platter.putOther('/p/src/pipe')
    const { intent, skipped } = await project.compose([rename('/p/src', '/p/lib')])
    expect(summary(intent).filter((line) => line.endsWith('absent'))).toEqual([
      '/p/src/a.ts: 2 bytes -> absent',
      '/p/src/link: 10 bytes -> absent',
      '/p/src/dangling: 8 bytes -> absent',
      '/p/src/pipe: 0 bytes -> absent',
    ])
    expect(skipped).toEqual([])
  })

  it('that is moved and then deleted has the bytes of its files recorded, and its links named', async () => {
    const project = new Project(files)
    project.machine.platter.putLink('/p/src/link', '/elsewhere')
    const { intent, skipped } = await project.compose([
      rename('/p/src', '/p/lib'),
      { kind: 'delete', uri: uri('/p/lib'), options: { recursive: true } },
    ])
    expect(summary(intent)).toEqual(['/p/src/a.ts: "a\\n" -> absent', '/p/src/in/b.ts: "b\\n" -> absent'])
    expect(skipped).toEqual(['/p/src/link'])
  })

  it.each<[string, object[], string[]]>([
    [
      'moved twice',
      [rename('/p/src', '/p/lib'), rename('/p/lib', '/p/end')],
      ['/p/end/a.ts: absent -> 2 bytes', '/p/end/in/b.ts: absent -> 2 bytes'],
    ],
    [
      'moved, and a file in it moved elsewhere',
      [rename('/p/src', '/p/lib'), rename('/p/lib/a.ts', '/p/other.ts')],
      ['/p/lib/in/b.ts: absent -> 2 bytes', '/p/other.ts: absent -> 2 bytes'],
    ],
    [
      'moved over an empty one',
      [rename('/p/src', '/p/empty', { overwrite: true })],
      ['/p/empty/a.ts: absent -> 2 bytes', '/p/empty/in/b.ts: absent -> 2 bytes'],
    ],
    [
      'moved over one with a file of the same name, whose bytes are gone then',
      [rename('/p/src', '/p/full', { overwrite: true })],
      ['/p/full/a.ts: "full" -> "a\\n"', '/p/full/in/b.ts: absent -> 2 bytes'],
    ],
    [
      'moved to a name that differs in its case only',
      [rename('/p/src', '/p/SRC')],
      ['/p/SRC/a.ts: absent -> "a\\n"', '/p/SRC/in/b.ts: absent -> "b\\n"'],
    ],
  ])('is %s', async (_title, changes, expected) => {
    const project = new Project({ ...files, '/p/full/a.ts': 'full' })
    project.machine.platter.putFolder('/p/empty')
    const intent = await project.intent(...changes)
    expect(
      summary(intent)
        .filter((line) => !line.endsWith('absent'))
        .sort(),
    ).toEqual(expected)
  })

  it('is moved with its bytes to another file system: editors copy it there', async () => {
    const project = new Project(files)
    project.machine.platter.putFolder('/p/disk')
    const lstat = project.env.disk.lstat.bind(project.env.disk)
    project.env.disk.lstat = async (path) => {
      const stat = await lstat(path)
      return stat && path.startsWith('/p/disk') ? { ...stat, identity: '2:1' } : stat
    }
    const intent = await project.intent(rename('/p/src', '/p/disk/new/lib'))
    expect(summary(intent)).toContain('/p/disk/new/lib/a.ts: absent -> "a\\n"')
  })
})

describe('the limit', () => {
  const six = { '/p/src/a.ts': 'foo', '/p/src/b.ts': 'bar' }
  const move = rename('/p/src', '/p/lib')

  it('is the size of all originals together', async () => {
    const remove = { kind: 'delete', uri: uri('/p/src'), options: { recursive: true } }
    await expect(new Project(six).compose([remove], 6)).resolves.toBeDefined()
    await expect(new Project(six).compose([remove], 5)).rejects.toThrow(
      /^its originals are larger than 5 bytes \(at \/p\/src\/[ab]\.ts; see --max-intent\)$/,
    )
  })

  it('does not count what is only moved', async () => {
    await expect(new Project(six).compose([move], 0)).resolves.toBeDefined()
    const changes = [edits('/p/src/a.ts', put(0, 0, 1, 'x')), move]
    await expect(new Project(six).compose(changes, 3)).resolves.toBeDefined()
    await expect(new Project(six).compose(changes, 2)).rejects.toThrow('larger than 2 bytes')
  })

  it('counts a path once that is named once more than its folder', async () => {
    const changes = [edits('/p/src/a.ts', put(0, 0, 1, 'x')), edits('/p/src/b.ts', put(0, 0, 1, 'x')), move]
    await expect(new Project(six).compose(changes, 6)).resolves.toBeDefined()
  })

  it('counts a document with unsaved work, not the file beneath', async () => {
    const project = new Project({ '/p/a.ts': 'foo' }).open('/p/a.ts', 'foobar')
    const changes = [edits('/p/a.ts', put(0, 0, 1, 'x'))]
    await expect(project.compose(changes, 6)).resolves.toBeDefined()
    await expect(project.compose(changes, 5)).rejects.toThrow('larger than 5 bytes')
  })

  it('is looked at before a file is read', async () => {
    const project = new Project({ '/p/a.ts': 'foobar' })
    await expect(project.compose([edits('/p/a.ts', put(0, 0, 1, 'x'))], 5)).rejects.toThrow(
      'see --max-intent',
    )
    expect(project.env.disk.log.map(({ name }) => name)).toEqual(['stat'])
  })
})
