import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOf, same } from '../../server/edits/file-bytes.ts'
import type { Image } from '../../server/edits/images.ts'
import { splice } from '../../server/edits/splice.ts'
import { decodeLine, type RecordPart } from '../../server/journal/decode.ts'
import { draftOf } from '../../server/journal/draft.ts'
import { FIRST, IntentLines } from '../../server/journal/encode.ts'
import type { About, Intent, PathFacts } from '../../server/journal/intent.ts'
import { joinParts } from '../../server/journal/join-parts.ts'
import { byteEdits, bytes, text } from '../edits/arbitraries.ts'
import {
  about,
  atHand,
  created,
  deleted,
  edit,
  edited,
  facts,
  intentOf,
  moved,
  replaced,
  unknown,
} from './intents.ts'
import { encode, hasher, linesOf, logOf, scan, wordsOf } from './logs.ts'

const LONGEST = 12 * 1024 * 1024

function partsOf(intent: Intent): RecordPart[] {
  const log = logOf(intent)
  let at = 0
  return linesOf([intent]).map((line) => {
    expect(line.length).toBeLessThan(LONGEST)
    expect(line.indexOf('\n')).toBe(line.length - 1)
    const read = (from: number, length: number) => log.subarray(from, from + length)
    const decoded = decodeLine(line.subarray(0, -1), hasher, { log: { read }, at })
    at += line.length
    if (decoded.kind !== 'part') throw new Error(`${decoded.kind}: ${JSON.stringify(decoded)}`)
    return decoded.part
  })
}

function roundTrip(intent: Intent): Intent {
  const joined = joinParts(partsOf(intent), hasher)
  if ('fault' in joined) throw new Error(joined.fault)
  return atHand(joined)
}

/** An image as a log gives it back: what could not be said by edits has lost them, and lone surrogates are gone. */
const plain = ({ path, before, after }: Image) => ({
  path,
  before: before && Buffer.from(bytesOf(before)).toString('latin1'),
  after: after.kind === 'file' ? Buffer.from(bytesOf(after.bytes)).toString('latin1') : after,
})

function expectSame(got: Intent, intent: Intent): void {
  expect({ ...got, images: got.images.map(plain) }).toEqual({
    ...atHand(intent),
    images: intent.images.map(plain),
  })
}

const names = ['/w/a', '/w/b', '/w/漢 字', '/w/__proto__', '/__proto__', '/w/constructor', '/w/\u2028"\\\n']

const factsOf: fc.Arbitrary<PathFacts> = fc.record(
  {
    from: fc.constantFrom('disk', 'buffer'),
    version: fc.integer(),
    disk: fc.option(fc.constant('0123456789abcdef'), { nil: null }),
    size: fc.nat(),
    mtimeNs: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
    mode: fc.integer({ min: 0, max: 0o7777 }),
  },
  { requiredKeys: ['from'] },
)

const abouts: fc.Arbitrary<About> = fc.record(
  {
    at: fc.constant('2026-01-02T03:04:05.678Z'),
    session: fc.constant('s'),
    road: fc.constantFrom('workspace/applyEdit', 'textDocument/rename'),
    label: text,
    server: text,
    purpose: fc.constantFrom('finish', 'roll-back', 'undo'),
    of: fc.constant('ff'),
    named: fc.constant(true),
    edit: fc.json().map((json): unknown => JSON.parse(json)),
  },
  { requiredKeys: ['at', 'session', 'road', 'label', 'server'] },
)

const offsetsOf = (original: Uint8Array) => [...original.keys(), original.length]

/** What may become of one path, given the originals of all: also what no editor does. */
function imageOf(path: string, originals: ReadonlyMap<string, Buffer | undefined>): fc.Arbitrary<Image> {
  const before = originals.get(path)
  const sources = [...originals].filter(([, original]) => original !== undefined).map(([name]) => name)
  const fresh = byteEdits([0]).map((edits): Image => {
    return {
      path,
      before,
      after: { kind: 'file', bytes: splice(Buffer.alloc(0), edits) },
      source: undefined,
      edits,
    }
  })
  const kept = bytes.map((whole): Image => {
    return { path, before, after: { kind: 'file', bytes: whole }, source: undefined, edits: [] }
  })
  const grown = sources.map((source) =>
    byteEdits(offsetsOf(originals.get(source)!)).map((edits): Image => {
      const after = { kind: 'file', bytes: splice(originals.get(source)!, edits) } as const
      return { path, before, after, source, edits }
    }),
  )
  const others: Image[] = [
    { path, before, after: { kind: 'absent' }, source: undefined, edits: [] },
    { path, before, after: { kind: 'unknown', reason: 'why' }, source: undefined, edits: [] },
  ]
  return fc.oneof(fresh, kept, ...grown, fc.constantFrom(...others))
}

const intents: fc.Arbitrary<Intent> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), fc.option(bytes, { nil: undefined })), {
    selector: ([path]) => path,
    maxLength: 5,
  })
  .map((pairs) => new Map(pairs))
  .chain((originals) => {
    const paths = [...originals.keys()]
    return fc.record({
      id: fc.stringMatching(/^[0-9a-f]{1,32}$/),
      images: fc.tuple(...paths.map((path) => imageOf(path, originals))),
      facts: fc.tuple(...paths.map(() => factsOf)).map((all) => new Map(paths.map((p, i) => [p, all[i]!]))),
      folders: fc.record({
        made: fc.subarray(['/w/x', '/w/x/y']),
        removed: fc.subarray(['/w/z/漢', '/w/z']),
      }),
      foreign: fc.constant(false),
      about: abouts,
    })
  })

describe('an encoded intent', () => {
  it('comes back with the same images, facts, folders and about', () => {
    fc.assert(
      fc.property(intents, (intent) => {
        expectSame(roundTrip(intent), intent)
      }),
      { numRuns: 200 },
    )
  })

  it('comes back with its edits and where each file came from', () => {
    const images = [
      edited('/w/a', 'one two', edit(0, 3, '1'), edit(3, 3, 'x'), edit(3, 4, '')),
      created('/w/new', 'text'),
      created('/w/empty', ''),
      ...moved('/w/from', '/w/to', 'body', edit(4, 4, '!')),
      edited('/w/same', 'unchanged'),
      deleted('/w/gone', ''),
      unknown('/w/unknown', 'x'),
    ]
    expect(roundTrip(intentOf('01', images)).images).toEqual(images)
  })

  it('comes back from a swap of two files', () => {
    const [a, b] = [Buffer.from('A'), Buffer.from('B')]
    const images: Image[] = [
      { path: '/w/a', before: a, after: { kind: 'file', bytes: b }, source: '/w/b', edits: [] },
      { path: '/w/b', before: b, after: { kind: 'file', bytes: a }, source: '/w/a', edits: [] },
    ]
    expect(roundTrip(intentOf('01', images)).images).toEqual(images)
  })

  it('comes back with bytes that no edit can say', () => {
    const binary = Buffer.from([0, 0xff, 0xfe, 0x80])
    const whole = { kind: 'file', bytes: binary } as const
    const images: Image[] = [
      { path: '/w/back', before: undefined, after: whole, source: undefined, edits: [] },
      { path: '/w/over', before: Buffer.from('x'), after: whole, source: undefined, edits: [] },
    ]
    expect(roundTrip(intentOf('01', images)).images).toEqual(images)
  })

  it('writes no lone surrogate, neither in text nor in what is said about it', () => {
    const intent = intentOf('01', [edited('/w/a', '', edit(0, 0, 'a\ud83d\\ud83d\ude00\udc00z'))], {
      about: { ...about, label: '\udfff', edit: { newText: '\ud800' } },
    })
    const line = logOf(intent).toString()
    expect(line).not.toMatch(/[^\\]\\ud[89a-f]/i)
    const { images, about: got } = roundTrip(intent)
    const { meta } = JSON.parse(line) as { meta: About }
    expect(plain(images[0]!).after).toBe(Buffer.from('a\ufffd\\ud83d\ufffd\ufffdz').toString('latin1'))
    expect([got.label, meta.edit]).toEqual(['\ufffd', { newText: '\ufffd' }])
  })

  it('cuts a huge label and leaves out a huge edit, and loses nothing else', () => {
    const images = [replaced('/w/a', 'one', 'two')]
    const huge = 'é'.repeat(8 << 20)
    const intent = intentOf('01', images, { about: { ...about, label: huge, edit: { huge } } })
    const got = roundTrip(intent)
    expect(Object.keys(objectIn(logOf(intent)).meta)).not.toContain('edit')
    expect(got.about).toEqual({ ...about, label: `${'é'.repeat(999)}…` })
    expect(got.images).toEqual(images)
  })

  it('has its keys in the order of the format', () => {
    const intent = intentOf(
      '01',
      [created('/w/new', 'x'), deleted('/w/gone', 'y'), ...moved('/w/from', '/w/to', 'z')],
      {
        facts: facts({ '/w/gone': { from: 'buffer', version: -3, disk: null, stale: true, mode: 0o755 } }),
        folders: { made: ['/w/x'], removed: [] },
      },
    )
    const json = JSON.parse(logOf(intent).toString()) as Record<string, unknown>
    expect(Object.keys(json)).toEqual([
      'id',
      'edits',
      'originals',
      'expected_raw_hash',
      'expected_norm_hash',
      'creates',
      'deletes',
      'moves',
      'meta',
      'sum',
    ])
    expect(json.creates).toEqual(['/w/new'])
    expect(json.deletes).toEqual(['/w/gone'])
    expect(json.moves).toEqual([{ from: '/w/from', to: '/w/to' }])
    expect(json.meta).toEqual({
      v: 1,
      seq: 0,
      prev: '',
      ...about,
      folders: { made: ['/w/x'], removed: [] },
      paths: {
        '/w/new': { after: { raw: '5c80c09683041123', norm: '5c80c09683041123' } },
        '/w/gone': { after: null, from: 'buffer', version: -3, disk: null, stale: true, mode: 493 },
        '/w/from': { after: null },
        '/w/to': {
          after: { raw: hasher.hash(Buffer.from('z')), norm: hasher.hash(Buffer.from('z')) },
          movedFrom: '/w/from',
        },
      },
    })
  })

  it('leaves out lists that are empty', () => {
    const json = JSON.parse(logOf(intentOf('01', [replaced('/w/a', 'b', 'c')])).toString()) as object
    expect(Object.keys(json)).toEqual([
      'id',
      'edits',
      'originals',
      'expected_raw_hash',
      'expected_norm_hash',
      'meta',
      'sum',
    ])
  })

  it('chains each line to the sum of the one before it', () => {
    const first = encode(intentOf('01', []))
    const second = encode(intentOf('02', []), first.next)
    const sum = (JSON.parse(first.lines[0]!.toString()) as { sum: string }).sum
    expect((JSON.parse(second.lines[0]!.toString()) as { meta: object }).meta).toMatchObject({
      seq: 1,
      prev: sum,
    })
    expect(second.next.seq).toBe(2)
  })
})

/** Bytes without a pattern that base64 or a splice could hide. */
function noise(length: number): Buffer {
  const buffer = Buffer.alloc(length)
  for (let i = 0, state = 1; i + 4 <= length; i += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    buffer.writeUInt32LE(state, i)
  }
  return buffer
}

describe('an intent too large for one line', () => {
  const MB = 1 << 20
  const rows: [string, () => Intent][] = [
    [
      'many originals',
      () =>
        intentOf(
          '01',
          Array.from({ length: 20 }, (_, i) => edited(`/w/${i}`, noise(MB + i), edit(i, 9 + i, 'new'))),
        ),
    ],
    [
      'one original of 20 MiB',
      () => intentOf('01', [edited('/w/a', noise(20 * MB), edit(MB, 2 * MB, 'new'))]),
    ],
    [
      'a text of 20 MiB whose pairs stand at every slice’s border',
      () => intentOf('01', [edited('/w/a', 'abc', edit(0, 1, `x${'😀'.repeat(5 * MB)}`), edit(1, 3, '.'))]),
    ],
    [
      'a text of control characters, six bytes each',
      () => intentOf('01', [created('/w/a', '\x01'.repeat(4 * MB))]),
    ],
    [
      'an after-image of 20 MiB kept whole',
      () => {
        const after = { kind: 'file', bytes: noise(20 * MB) } as const
        const over = { path: '/w/over', before: Buffer.from('x'), after, source: undefined, edits: [] }
        return intentOf('01', [over, created('/w/new', 'n')])
      },
    ],
    [
      'very many paths',
      () =>
        intentOf(
          '01',
          Array.from({ length: 20_000 }, (_, i) => created(`/w/${'漢'.repeat(40)}/${i}`, '')),
        ),
    ],
    [
      'very many folders',
      () => {
        const made = Array.from({ length: 60_000 }, (_, i) => `/w/${'漢'.repeat(80)}/${i}`)
        return intentOf('01', [], { folders: { made, removed: ['/w/old'] } })
      },
    ],
  ]

  it.each(rows)('is written as several and read as one: %s', (_title, make) => {
    const intent = make()
    const parts = partsOf(intent)
    expect(parts.length).toBeGreaterThan(1)
    expect(parts.map(({ id, index, count }) => [id, index, count])).toEqual(
      parts.map((_, i) => ['01', i + 1, i + 1 === parts.length ? parts.length : undefined]),
    )
    const got = roundTrip(intent)
    expect(got.images.map(({ path }) => path)).toEqual(intent.images.map(({ path }) => path))
    for (const [i, { before, after }] of got.images.entries()) {
      expect(same(before, intent.images[i]!.before)).toBe(true)
      expect(same(fileBytes(after), fileBytes(intent.images[i]!.after))).toBe(true)
    }
    expect(got.folders).toEqual(intent.folders)
    expect(got.facts).toEqual(intent.facts)
  })

  it('has each line stay as it is while the next one is put together', () => {
    const images = Array.from({ length: 60 }, (_, i) => edited(`/w/${i}`, noise(100_000 + i)))
    const intent = intentOf('01', images)
    const log = { read: () => expect.fail('these lines stand in no log') }
    const encoder = new IntentLines(draftOf(intent), hasher, { link: FIRST, at: 0, log })
    const written: Buffer[] = []
    let last: Buffer | undefined
    const write = (lines: Iterable<Buffer>) => {
      for (const line of lines) {
        if (last !== undefined) written.push(Buffer.from(last))
        last = line
      }
    }
    write(encoder.add({ ...intent, withheld: [] }))
    write(encoder.end())
    expect(written.length).toBeGreaterThan(3)
    expect(Buffer.concat([...written, last!]).equals(logOf(intent))).toBe(true)
  })

  it('is read where each line says how many there are, as earlier programs wrote them', async () => {
    const intent = intentOf('01', [
      edited('/w/a', noise(2 * MB), edit(0, 1, 'new')),
      replaced('/w/b', 'b', 'c'),
    ])
    const lines = linesOf([intent])
    const parts = lines.map((_, i) => [i + 1, lines.length])
    const [entry, ...others] = await scan(renumbered(lines, 1, parts))
    expect(others).toEqual([])
    const got = entry?.kind === 'intent' ? entry.intent.images : []
    expect(got.map(({ path, edits }) => [path, edits])).toEqual(
      intent.images.map(({ path, edits }) => [path, edits]),
    )
    for (const [i, { before, after }] of got.entries()) {
      expect(same(before, intent.images[i]!.before)).toBe(true)
      expect(same(fileBytes(after), fileBytes(intent.images[i]!.after))).toBe(true)
    }
  })

  it.each<[string, (readonly number[])[]]>([
    ['that only the second tells of more', [[1], [2, 3], [3, 3]]],
    ['that end too soon', [[1], [2, 2], [3, 3]]],
    [
      'that do not agree',
      [
        [1, 3],
        [2, 4],
        [3, 3],
      ],
    ],
    ['of which the first tells and the last does not', [[1, 3], [2, 3], [3]]],
    ['of which one is there twice', [[1], [1], [3, 3]]],
  ])('is corrupt where its lines are ones %s', async (_what, parts) => {
    const intent = intentOf('01', [edited('/w/a', noise(2 * MB), edit(0, 1, 'new'))])
    const behind = linesOf([intentOf('02', [replaced('/w/b', 'b', 'c')])])
    const log = renumbered([...linesOf([intent]), ...behind], 3, [...parts, undefined])
    const words = wordsOf(await scan(log))
    expect(words.filter((word) => !word.startsWith('corrupt'))).toEqual(['intent 02'])
    expect(words.length).toBeGreaterThan(1)
  })

  it('does not count when any of its lines is missing', async () => {
    const before = intentOf('00', [replaced('/w/b', 'b', 'c')])
    const huge = intentOf('01', [edited('/w/a', noise(2 * MB), edit(0, 1, 'new'))])
    const after = intentOf('02', [replaced('/w/b', 'c', 'd')])
    const lines = linesOf([before, huge, after])
    expect(lines.length).toBe(5)
    expect(wordsOf(await scan(Buffer.concat(lines)))).toEqual(['intent 00', 'intent 01', 'intent 02'])
    for (const missing of [1, 2, 3]) {
      const words = wordsOf(await scan(Buffer.concat(lines.filter((_, i) => i !== missing))))
      expect(words.filter((word) => word.startsWith('intent'))).toEqual(['intent 00', 'intent 02'])
      expect(words.some((word) => word.startsWith('corrupt'))).toBe(true)
    }
    for (const kept of [2, 3]) {
      const words = wordsOf(await scan(Buffer.concat(lines.slice(0, kept))))
      expect(words).toEqual(['intent 00', `torn at ${lines[0]!.length}`])
    }
  })
})

/** The lines as one log, each with another version and another `part`; sums and chain are right. */
function renumbered(
  lines: readonly Buffer[],
  v: number,
  parts: readonly (readonly number[] | undefined)[],
): Buffer {
  let prev = ''
  const all = lines.map((line, seq) => {
    const { sum: _, ...record } = JSON.parse(line.toString()) as { sum: string; meta: object }
    const meta = { ...record.meta, v, seq, prev, part: parts[seq] }
    const body = JSON.stringify({ ...record, meta }).slice(0, -1)
    prev = hasher.hash(Buffer.from(body))
    return Buffer.from(`${body},"sum":"${prev}"}\n`)
  })
  return Buffer.concat(all)
}

const objectIn = (line: Buffer) => JSON.parse(line.toString()) as { readonly meta: object }

const fileBytes = (after: Image['after']) => (after.kind === 'file' ? after.bytes : undefined)
