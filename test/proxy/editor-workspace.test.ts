import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TextDocument, type TextEdit } from 'vscode-languageserver-textdocument'
import { createHasher } from '../../server/edits/hash.ts'
import { Conversation } from '../../server/proxy/conversation.ts'
import { EditorWorkspace } from '../../server/proxy/editor-workspace.ts'
import { Mirror } from '../../server/proxy/mirror.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { type Change, Refused } from '../../server/recovery/workspace.ts'
import { Machine } from '../disk/machine.ts'

const hasher = await createHasher()
const A = '/p/a.ts'
const B = '/p/b.ts'
const uri = 'file:///p/a.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

interface Request {
  readonly id: string
  readonly params: {
    edit: { documentChanges: { textDocument: { uri: string; version: number | null }; edits: TextEdit[] }[] }
  }
}

/** An editor that holds a document open and does what it is asked, as far as `behave` says. */
class Stage {
  readonly machine = new Machine(hasher)
  readonly mirror = new Mirror()
  readonly requests: Request[] = []
  behave: 'apply' | 'claim' | 'decline' | 'die' | 'apply silently' | 'delete' | 'rename' | 'say nothing' =
    'apply'
  /** The text that it shows once it has applied an edit; undefined: the edit's. */
  shows: string | undefined
  readonly abilities = {
    edits: true,
    deletes: false,
    renames: true,
    opensWhatItWrites: false,
    keepsLastLineEnd: false,
  }
  /** Open behind another server, or in another editor. */
  readonly elsewhere = new Set<string>()
  readonly workspace: EditorWorkspace
  readonly #conversation: Conversation

  constructor(disk: string | undefined, buffer?: string, version: number | null = 3) {
    this.machine.platter.putFolder('/p')
    if (disk !== undefined) this.machine.platter.put(A, disk)
    if (buffer !== undefined) this.mirror.open({ textDocument: { uri, version, text: buffer } })
    this.#conversation = new Conversation(
      {
        inject: () => {},
        injectUnheld: (frame) => this.#asked(JSON.parse(frame.toString().split('\r\n\r\n')[1]!) as Request),
      },
      { inject: () => {} },
      'cafe',
    )
    this.#conversation.open()
    const disks = new DiskWorkspace(this.machine.run().disk, ['/p'])
    this.workspace = new EditorWorkspace(disks, this.mirror, this.#conversation, this.abilities, () =>
      Promise.resolve(this.elsewhere),
    )
  }

  /** Where it was put; rejects with what kept it from that. */
  async place(before: string | undefined, after: string | undefined) {
    const bytes = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text))
    return this.placeChange({ path: A, before: bytes(before), after: bytes(after), mode: 0o644 })
  }

  async placeChange(change: Change) {
    const [placed] = await this.workspace.place([change], () => 'temporary')
    if (placed!.where === 'left') throw placed!.problem
    return placed!.where
  }

  get onDisk(): string {
    return this.machine.platter.bytesAt(A).toString()
  }

  get inBuffer(): string | undefined {
    return this.mirror.document(A)?.text.toString()
  }

  /** What it was asked as the nth is declined at last. */
  answer(n: number): void {
    this.#conversation.answered(JSON.stringify(this.requests[n]!.id), { result: { applied: false } })
  }

  #asked(request: Request): void {
    this.requests.push(request)
    if (this.behave === 'apply' || this.behave === 'apply silently') {
      const document = TextDocument.create(uri, 'x', 1, this.inBuffer!)
      const text =
        this.shows ?? TextDocument.applyEdits(document, request.params.edit.documentChanges[0]!.edits)
      this.mirror.change({ textDocument: { uri, version: 9 }, contentChanges: [{ text }] })
      this.workspace.changed()
    }
    if (this.behave === 'rename') this.machine.platter.rename(A, B)
    if (this.behave === 'delete') this.machine.platter.remove(A, 'file')
    if (this.behave === 'apply silently' || this.behave === 'say nothing') return
    if (this.behave === 'die') return this.#conversation.end()
    const result = { applied: this.behave !== 'decline' }
    this.#conversation.answered(JSON.stringify(request.id), { result })
  }
}

describe('a file that is only moved', () => {
  const NOTHING = { made: [], removed: [] }
  const moved = async (stage: Stage) => {
    const [placed] = await stage.workspace.move([{ from: A, to: B }], NOTHING)
    return placed!.where === 'left' ? placed!.problem.message : placed!.where
  }

  it('is moved on the disk where it is not open', async () => {
    const stage = new Stage('foo\n')
    expect(await moved(stage)).toBe('disk')
    expect(stage.machine.platter.tree('/p')).toEqual({ 'b.ts': 'foo\n' })
    expect(stage.requests).toEqual([])
  })

  it('is moved by the editor that has it open, whose buffer is to be called so', async () => {
    const stage = new Stage('foo\n', 'foo, unsaved\n')
    stage.behave = 'rename'
    expect(await moved(stage)).toBe('buffer')
    expect(stage.machine.platter.tree('/p')).toEqual({ 'b.ts': 'foo\n' })
    expect(stage.requests.map(({ params }) => params.edit.documentChanges)).toEqual([
      [
        {
          kind: 'rename',
          oldUri: uri,
          newUri: 'file:///p/b.ts',
          options: { overwrite: false, ignoreIfExists: false },
        },
      ],
    ])
  })

  it.each<[string, (stage: Stage) => void, string]>([
    [
      'where the editor renames no files',
      ({ abilities }) => {
        abilities.renames = false
      },
      '/p/a.ts is open in the editor: close it there first',
    ],
    [
      'where another one has it open, too',
      ({ elsewhere }) => elsewhere.add(B),
      '/p/a.ts is open in the editor: close it there first',
    ],
    [
      'where something has come to stand there',
      ({ machine }) => machine.platter.put(B, 'theirs'),
      '/p/a.ts or /p/b.ts was changed meanwhile',
    ],
  ])('is left alone %s', async (_title, prepare, reason) => {
    const stage = new Stage('foo\n', 'foo\n')
    prepare(stage)
    const before = stage.machine.platter.tree('/p')
    expect(await moved(stage)).toBe(reason)
    expect([stage.machine.platter.tree('/p'), stage.requests]).toEqual([before, []])
  })

  it.each([
    ['decline', 'the editor did not move /p/a.ts'],
    ['claim', 'the editor said it moved /p/a.ts'],
    ['die', 'the editor is gone'],
  ] as const)('is left where the editor does not do it: %s', async (behave, reason) => {
    const stage = new Stage('foo\n', 'foo\n')
    stage.behave = behave
    const came = moved(stage)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await came).toBe(reason)
    expect(stage.onDisk).toBe('foo\n')
  })
})

describe('looking', () => {
  it('sees the disk where nothing is open', async () => {
    expect(await new Stage('foo\n').workspace.look(A)).toMatchObject({
      kind: 'file',
      bytes: Buffer.from('foo\n'),
    })
    expect(await new Stage(undefined).workspace.look(A)).toEqual({ kind: 'absent' })
  })

  it('sees the disk, with its times, where the buffer is clean', async () => {
    const sight = await new Stage('foo\r\n', 'foo\n').workspace.look(A)
    expect(sight).toMatchObject({ kind: 'file', bytes: Buffer.from('foo\r\n'), stat: { size: 5 } })
  })

  it.each<[string, string | undefined, object]>([
    ['over another text', 'foo\n', {}],
    ['over nothing, which it tells', undefined, { isGone: true }],
  ])('sees the buffer where it has unsaved work: %s', async (_title, disk, more) => {
    const sight = await new Stage(disk, 'unsaved\n').workspace.look(A)
    expect(sight).toEqual({ kind: 'file', bytes: Buffer.from('unsaved\n'), stat: undefined, ...more })
  })
})

describe('placing', () => {
  it('makes the file on the disk that is missing under a buffer of the same text', async () => {
    const stage = new Stage(undefined, 'foo\n')
    expect(await stage.place(undefined, 'foo\r\n')).toBe('disk')
    expect(stage.onDisk).toBe('foo\r\n')
    expect(stage.requests).toEqual([])
  })

  it('makes none under a buffer of another text, nor where a file stands by now', async () => {
    const other = new Stage(undefined, 'typed\n')
    await expect(other.place(undefined, 'foo\n')).rejects.toThrow(Refused)
    const there = new Stage('there\n', 'foo\n')
    await expect(there.place(undefined, 'foo\n')).rejects.toThrow(Refused)
    expect(() => other.onDisk).toThrow('ENOENT')
    expect(there.onDisk).toBe('there\n')
  })

  it('writes to the disk what is not open', async () => {
    const stage = new Stage('foo\n')
    expect(await stage.place('foo\n', 'bar\n')).toBe('disk')
    expect(stage.onDisk).toBe('bar\n')
    expect(stage.requests).toEqual([])
  })

  it('asks the editor for what is open, and leaves the file alone', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    expect(await stage.place('foo\n', 'bar\n')).toBe('buffer')
    expect([stage.inBuffer, stage.onDisk]).toEqual(['bar\n', 'foo\n'])
    expect(stage.requests.map(({ params }) => params.edit.documentChanges)).toMatchObject([
      [{ textDocument: { uri, version: 3 } }],
    ])
  })

  describe('of an editor that tells of files that it has written as if they were open', () => {
    const told = (disk: string, text: string) => {
      const stage = new Stage(disk, text)
      stage.abilities.opensWhatItWrites = true
      return stage
    }

    it('asks it where the file is as it said', async () => {
      const stage = told('foo\n', 'foo\n')
      expect(await stage.place('foo\n', 'bar\n')).toBe('buffer')
    })

    it('takes what another program has written there since for what is there', async () => {
      const stage = told('of others\nfoo\n', 'foo\n')
      expect(await stage.workspace.look(A)).toMatchObject({ bytes: Buffer.from('of others\nfoo\n') })
      expect(await stage.place('of others\nfoo\n', 'of others\nbar\n')).toBe('disk')
      expect(stage.onDisk).toBe('of others\nbar\n')
      expect(stage.requests).toEqual([])
    })

    it('follows the buffer again as soon as that is typed in', async () => {
      const stage = told('of others\nfoo\n', 'foo\n')
      await stage.workspace.look(A)
      stage.mirror.change({ textDocument: { uri, version: 4 }, contentChanges: [{ text: 'typed\n' }] })
      expect(await stage.workspace.look(A)).toMatchObject({ bytes: Buffer.from('typed\n') })
      expect(await stage.place('typed\n', 'bar\n')).toBe('buffer')
    })

    it('asks nothing where that was written after the plan was made', async () => {
      const stage = told('of others\nfoo\n', 'foo\n')
      await expect(stage.place('foo\n', 'bar\n')).rejects.toThrow(new Refused(`${A} was changed meanwhile`))
      expect(stage.onDisk).toBe('of others\nfoo\n')
      expect(stage.requests).toEqual([])
    })

    it('goes by the buffer where that was typed in', async () => {
      const stage = told('foo\n', 'foo\n')
      stage.mirror.change({ textDocument: { uri, version: 4 }, contentChanges: [{ text: 'typed\n' }] })
      expect(await stage.workspace.look(A)).toMatchObject({ bytes: Buffer.from('typed\n') })
      expect(await stage.place('typed\n', 'bar\n')).toBe('buffer')
    })
  })

  it('names the version as null where there is none, since Neovim fails without the key', async () => {
    const stage = new Stage('foo\n', 'foo\n', null)
    await stage.place('foo\n', 'bar\n')
    expect(stage.requests[0]!.params.edit.documentChanges[0]!.textDocument).toEqual({ uri, version: null })
  })

  it.each<[string, string, string, string]>([
    ['in the middle', 'a\nb\nc\n', 'a\nB\nc\n', 'a\nB\nc\n'],
    ['at the start', 'a\nb\n', 'A\nb\n', 'A\nb\n'],
    ['at the end', 'a\nb', 'a\nb\nc', 'a\nb\nc'],
    ['to nothing', 'a\nb\n', '', ''],
    ['from nothing', '', 'a\n', 'a\n'],
    ['within characters of several bytes', 'é漢😀\n', 'è漢😁\n', 'è漢😁\n'],
    ['behind a byte order mark, which no buffer has', 'a\n', '\ufeffb\n', 'b\n'],
    ['with CRLF, which this buffer does not have', 'a\nb\n', 'a\r\nB\r\n', 'a\nB\n'],
    ['with CRLF, which this buffer has', 'a\r\nb\r\n', 'a\r\nB\r\n', 'a\r\nB\r\n'],
  ])('changes a buffer %s', async (_title, buffer, after, shown) => {
    const stage = new Stage('on disk\n', buffer)
    await stage.place(buffer, after)
    expect(stage.inBuffer).toBe(shown)
  })

  type At = readonly [line: number, character: number]

  it.each<[string, string, At, At, string]>([
    ['a\nb\nc\n', 'a\nb\nd\n', [2, 0], [3, 0], 'd\n'],
    ['a\nb\nc\n', 'a\nB\nc\n', [1, 0], [2, 0], 'B\n'],
    ['a\nb\nc', 'A\nb\nc', [0, 0], [1, 0], 'A\n'],
    ['a\nb\nb\n', 'a\nb\nb\nb\n', [3, 0], [3, 0], 'b\n'],
    ['x1\nx1\n', 'x1\n', [1, 0], [2, 0], ''],
    ['é1 😀\n', 'è1 😀\n', [0, 0], [1, 0], 'è1 😀\n'],
  ])('touches no line but those that differ: %j to %j', async (...row) => touches(new Stage('', row[0]), row))

  it.each<[string, string, At, At, string]>([
    ['a\nb\nc\n', 'a\nb\nd\n', [2, 0], [2, 1], 'd'],
    ['a\nb\nc\n', 'a\nB\nc\n', [1, 0], [2, 0], 'B\n'],
    ['a\nb\nc', 'A\nb\nc', [0, 0], [1, 0], 'A\n'],
    ['a\nb\nb\n', 'a\nb\nb\nb\n', [2, 1], [2, 1], '\nb'],
    ['x1\nx1\n', 'x1\n', [0, 2], [1, 2], ''],
    ['é1\n', 'è1\n', [0, 0], [0, 2], 'è1'],
    ['a\r\nb\r\n', 'a\r\nb\r\nc\r\n', [1, 1], [1, 1], '\r\nc'],
    ['a\r\nb\r\n', 'a\r\n', [0, 1], [1, 1], ''],
    ['a\n', 'b', [0, 0], [1, 0], 'b'],
    ['a\n', '', [0, 0], [1, 0], ''],
  ])('nor a line end at the end of both, where the editor keeps its own: %j to %j', async (...row) => {
    const stage = new Stage('', row[0])
    stage.abilities.keepsLastLineEnd = true
    await touches(stage, row)
  })

  it('counts characters where the editor does', async () => {
    const stage = new Stage('', 'a😀')
    stage.mirror.countsCharacters = true
    stage.behave = 'claim'
    const placed = stage.place('a😀', 'b😀')
    await vi.waitFor(() => expect(stage.requests).toHaveLength(1))
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 2 } }
    expect(stage.requests[0]!.params.edit.documentChanges[0]!.edits).toEqual([{ range, newText: 'b😀' }])
    stage.mirror.change({ textDocument: { uri }, contentChanges: [{ text: 'b😀' }] })
    stage.workspace.changed()
    await placed
  })

  async function touches(
    stage: Stage,
    [before, after, start, end, newText]: readonly [string, string, At, At, string],
  ): Promise<void> {
    await stage.place(before, after)
    expect(stage.inBuffer).toBe(after)
    const at = ([line, character]: At) => ({ line, character })
    expect(stage.requests[0]!.params.edit.documentChanges[0]!.edits).toEqual([
      { range: { start: at(start), end: at(end) }, newText },
    ])
  }

  it('asks for every buffer before it waits for one: some editors tell of them only when nothing else is going on', async () => {
    const stage = new Stage('', 'a\n')
    const other = 'file:///p/b.ts'
    stage.machine.platter.put('/p/b.ts', '')
    stage.mirror.open({ textDocument: { uri: other, version: 1, text: 'b\n' } })
    stage.behave = 'claim'
    const changes = [
      { path: A, before: Buffer.from('a\n'), after: Buffer.from('A\n'), mode: undefined },
      { path: '/p/b.ts', before: Buffer.from('b\n'), after: Buffer.from('B\n'), mode: undefined },
    ]
    const placed = stage.workspace.place(changes, () => 'temporary')
    await vi.waitFor(() => expect(stage.requests).toHaveLength(2))
    stage.mirror.change({ textDocument: { uri: other }, contentChanges: [{ text: 'B\n' }] })
    stage.mirror.change({ textDocument: { uri }, contentChanges: [{ text: 'A\n' }] })
    stage.workspace.changed()
    expect(await placed).toEqual([{ where: 'buffer' }, { where: 'buffer' }])
  })

  it.each<[string, string | undefined, string]>([
    ['was typed in since', 'foo\n', 'foo, and typed\n'],
    ['was opened since', undefined, 'foo\n'],
  ])('refuses a document that %s', async (_title, before, buffer) => {
    const stage = new Stage('foo\n', buffer)
    await expect(stage.place(before, 'bar\n')).rejects.toThrow(new Refused(`${A} has changed in the editor`))
    expect(stage.requests).toEqual([])
    expect([stage.inBuffer, stage.onDisk]).toEqual([buffer, 'foo\n'])
  })

  it('has the editor delete what is open', async () => {
    const stage = new Stage('foo\r\n', 'foo\n')
    stage.abilities.deletes = true
    stage.behave = 'delete'
    expect(await stage.place('foo\n', undefined)).toBe('buffer')
  })

  it('has no file deleted that holds something else than its buffer', async () => {
    const stage = new Stage('written by another program\n', 'foo\n')
    stage.abilities.deletes = true
    stage.behave = 'delete'
    await expect(stage.place('foo\n', undefined)).rejects.toThrow(
      new Refused(`${A} holds something else on the disk than in the editor`),
    )
    expect(stage.requests).toEqual([])
    expect(stage.onDisk).toBe('written by another program\n')
  })

  it('refuses to delete what is open', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    await expect(stage.place('foo\n', undefined)).rejects.toThrow(
      new Refused(`${A} is open in the editor: close it there first`),
    )
    expect(stage.onDisk).toBe('foo\n')
  })

  it('leaves what the editor declines, and does not show soon after that', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    stage.behave = 'decline'
    const reason = `the editor did not take the change to ${A}`
    const placed = expect(stage.place('foo\n', 'bar\n')).rejects.toThrow(new Refused(reason))
    await vi.advanceTimersByTimeAsync(5000)
    await placed
    expect(vi.getTimerCount()).toBe(0)
  })

  it('says of what the editor claims to have, and does not show soon after that, that it is unseen', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    stage.behave = 'claim'
    const change = { path: A, before: Buffer.from('foo\n'), after: Buffer.from('bar\n'), mode: undefined }
    const placed = stage.workspace.place([change], () => 'temporary')
    await vi.advanceTimersByTimeAsync(5000)
    expect(await placed).toEqual([{ where: 'buffer', unseen: true }])
    expect(stage.onDisk).toBe('foo\n')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits for nothing once the editor is gone', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    stage.behave = 'die'
    await expect(stage.place('foo\n', 'bar\n')).rejects.toThrow(new Refused('the editor is gone'))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('writes no file that is open somewhere else', async () => {
    const stage = new Stage('foo\n')
    stage.elsewhere.add(A)
    await expect(stage.place('foo\n', 'bar\n')).rejects.toThrow(
      new Refused('an editor has it open: close it there first'),
    )
    expect(stage.onDisk).toBe('foo\n')
  })

  it('changes what is open here, also where it is open somewhere else', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    stage.elsewhere.add(A)
    expect(await stage.place('foo\n', 'bar\n')).toBe('buffer')
  })

  it('is content with a buffer that shows it, though the editor never answers', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    stage.behave = 'apply silently'
    expect(await stage.place('foo\n', 'bar\n')).toBe('buffer')
  })

  it('waits for no answer about a document that is closed', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    stage.behave = 'say nothing'
    const placed = expect(stage.place('foo\n', 'bar\n')).rejects.toThrow(
      new Refused(`${A} was closed in the editor meanwhile`),
    )
    await vi.advanceTimersByTimeAsync(60_000)
    stage.mirror.close({ textDocument: { uri } })
    stage.workspace.changed()
    await placed
    expect(stage.onDisk).toBe('foo\n')
  })

  it('is not asked for a change of what it was asked to change, and has yet to answer', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    stage.behave = 'say nothing'
    const placed = expect(stage.place('foo\n', 'bar\n')).rejects.toThrow('was closed in the editor')
    await vi.advanceTimersByTimeAsync(0)
    stage.mirror.close({ textDocument: { uri } })
    stage.workspace.changed()
    await placed
    stage.mirror.open({ textDocument: { uri, version: 1, text: 'foo\n' } })
    await expect(stage.place('foo\n', 'bar\n')).rejects.toThrow(/is still being changed by the editor/)
    expect(stage.requests).toHaveLength(1)
    stage.answer(0)
    await vi.advanceTimersByTimeAsync(0)
    stage.behave = 'apply'
    expect(await stage.place('foo\n', 'bar\n')).toBe('buffer')
    stage.behave = 'apply silently'
    expect(await stage.place('bar\n', 'foo\n')).toBe('buffer')
    expect(await stage.place('foo\n', 'bar\n')).toBe('buffer')
  })

  it.each<[string, string, string]>([
    ['blanks at a line end', 'foo\n', 'foo  \n'],
    ['line feeds at the end', 'foo\n', 'foo\n\n\n'],
    ['a line feed at the end', 'foo', 'foo\n'],
    ['line endings', 'foo\nbar\n', 'foo\r\nbar\r\n'],
  ])('does not take a buffer without %s for one that has them', async (_title, before, after) => {
    const stage = new Stage(before, before)
    stage.behave = 'decline'
    const reason = `the editor did not take the change to ${A}`
    const placed = expect(stage.place(before, after)).rejects.toThrow(new Refused(reason))
    await vi.advanceTimersByTimeAsync(5000)
    await placed
    stage.behave = 'apply'
    expect(await stage.place(before, after)).toBe('buffer')
  })

  it('refuses bytes that no message can carry', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    const change = { path: A, before: Buffer.from('foo\n'), after: Buffer.from([0xe9, 0x0a]), mode: 0o644 }
    await expect(stage.placeChange(change)).rejects.toThrow(
      new Refused(`${A} is open in the editor, and not UTF-8`),
    )
    expect(stage.requests).toEqual([])
  })

  it('waits for a buffer that shows it later', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    stage.behave = 'claim'
    const placed = stage.place('foo\n', 'bar\n')
    await vi.advanceTimersByTimeAsync(4000)
    stage.mirror.change({ textDocument: { uri }, contentChanges: [{ text: 'something else' }] })
    stage.workspace.changed()
    await vi.advanceTimersByTimeAsync(500)
    stage.mirror.change({ textDocument: { uri }, contentChanges: [{ text: 'bar\n' }] })
    stage.workspace.changed()
    expect(await placed).toBe('buffer')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is content with what an editor makes of blanks and line endings', async () => {
    const stage = new Stage('foo\n', 'foo\n')
    stage.shows = 'bar  \r\n'
    expect(await stage.place('foo\n', 'bar\n')).toBe('buffer')
  })
})
