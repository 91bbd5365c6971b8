import { beforeAll, describe, expect, it } from 'vitest'
import { decodeLine } from '../../server/journal/decode.ts'
import { replay } from '../../server/journal/replay.ts'
import type { Entry } from '../../server/journal/scan.ts'
import { MemoryDisk } from '../disk/memory-disk.ts'
import { Platter } from '../disk/platter.ts'
import { created, edit, edited, intentOf, moved } from './intents.ts'
import { entriesOf, hasher, linesOf, scan, wordsOf } from './logs.ts'

const intents = [
  intentOf('01', [edited('/w/a', 'one\r\n', edit(0, 3, '1'))]),
  intentOf('02', [...moved('/w/b', '/w/c', Buffer.from([0xff, 0x00]))]),
  intentOf('03', [created('/w/d', 'é')]),
]
const lines = linesOf(intents)
const log = Buffer.concat(lines)
const starts = [0, lines[0]!.length, lines[0]!.length + lines[1]!.length]

/** What each intent came to when it was read undamaged: nothing else may ever come out. */
let sound: Map<string, unknown>

beforeAll(async () => {
  sound = new Map(
    (await scan(log)).flatMap((entry) => (entry.kind === 'intent' ? [[entry.intent.id, entry.intent]] : [])),
  )
  expect([...sound.keys()]).toEqual(['01', '02', '03'])
})

function expectSound(entries: readonly Entry[]): void {
  for (const entry of entries) {
    if (entry.kind === 'intent') expect(entry.intent).toEqual(sound.get(entry.intent.id))
  }
}

describe('a log cut off at any byte', () => {
  it('is torn where its last whole record ends, and everything before that is read', async () => {
    for (let length = 0; length < log.length; length++) {
      const whole = starts.filter((_, i) => length >= starts[i]! + lines[i]!.length).length
      const expected = ['intent 01', 'intent 02', 'intent 03'].slice(0, whole)
      if (length > 0 && !starts.includes(length)) expected.push(`torn at ${starts[whole]}`)
      const entries = await scan(log.subarray(0, length))
      expect(wordsOf(entries)).toEqual(expected)
      expectSound(entries)
    }
  })
})

describe('a log with any bit flipped', () => {
  it('is never read to another intent, and the damage never goes unseen', async () => {
    for (let at = 0; at < log.length; at++) {
      const record = starts.findLastIndex((start) => at >= start)
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Buffer.from(log)
        damaged[at]! ^= 1 << bit
        const entries = await scan(damaged)
        const words = wordsOf(entries)
        const isLf = at === starts[record]! + lines[record]!.length - 1
        // Without its LF a record runs into the one that follows, and both are lost.
        const lost = isLf ? [record, record + 1] : [record]
        const kept = [0, 1, 2].filter((i) => !lost.includes(i))
        const isLast = lost.includes(2)
        expect(words.filter((word) => word.startsWith('intent'))).toEqual(kept.map((i) => `intent 0${i + 1}`))
        expect(words).toContain(`${isLast ? 'torn' : 'corrupt'} at ${starts[record]}`)
        expectSound(entries)
      }
    }
  })
})

describe('a log with lines', () => {
  const [one, two, three] = lines as [Buffer, Buffer, Buffer]
  it.each([
    ['dropped at its start', [two, three], ['corrupt at 0', 'intent 02', 'intent 03']],
    ['dropped in its middle', [one, three], ['intent 01', `corrupt at ${one.length}`, 'intent 03']],
    [
      'repeated',
      [one, one, two, three],
      ['intent 01', `corrupt at ${one.length}`, 'intent 01', 'intent 02', 'intent 03'],
    ],
    [
      'in another order',
      [one, three, two],
      [
        'intent 01',
        `corrupt at ${one.length}`,
        'intent 03',
        `corrupt at ${one.length + three.length}`,
        'intent 02',
      ],
    ],
    [
      'of another log between its own',
      [one, ...linesOf([intentOf('99', [])]), two, three],
      (words: string[]) => words.filter((word) => word.startsWith('corrupt')).length > 0,
    ],
    [
      'that are empty between its own',
      [one, Buffer.from('\n'), two],
      ['intent 01', `corrupt at ${one.length}`, 'intent 02'],
    ],
    ['that are zeros at its end', [one, Buffer.alloc(4096)], ['intent 01', `torn at ${one.length}`]],
  ])('%s is corrupt, or torn where nothing valid follows', async (_title, all, expected) => {
    const entries = await scan(Buffer.concat(all))
    expectSound(entries.filter((entry) => entry.kind !== 'intent' || entry.intent.id !== '99'))
    if (typeof expected === 'function') expect(expected(wordsOf(entries))).toBe(true)
    else expect(wordsOf(entries)).toEqual(expected)
  })
})

/** A line with a right sum for whatever stands in it. */
function signed(json: string): Buffer {
  const body = Buffer.from(json.slice(0, -1))
  return Buffer.concat([body, Buffer.from(`,"sum":"${hasher.hash(body)}"}\n`)])
}

describe('a file that is no log', () => {
  it.each([
    ['empty', Buffer.alloc(0), []],
    ['garbage', Buffer.from([0, 1, 2, 10, 255, 10]), ['torn at 0']],
    ['of one long line', Buffer.alloc(3 << 20, 'x'), ['torn at 0']],
    ['of JSON that is no record', Buffer.from('{}\n[]\nnull\n1\n"x"\n'), ['torn at 0']],
    ['with Windows line ends', Buffer.from(log.toString().replaceAll('\n', '\r\n')), ['torn at 0']],
    [
      'with a byte order mark',
      Buffer.concat([Buffer.from('\ufeff'), log]),
      ['corrupt at 0', `corrupt at ${starts[1]! + 3}`, 'intent 02', 'intent 03'],
    ],
  ])('%s is reported, never thrown at', async (_title, bytes, expected) => {
    expect(wordsOf(await scan(bytes))).toEqual(expected)
  })

  it.each([
    ['of no version', '{"id":"01","meta":{"seq":0,"prev":"","paths":{}}}', 'refused at 0'],
    ['of a later version', '{"id":"01","meta":{"v":5}}', 'refused at 0'],
    ['without meta', '{"id":"01"}', 'torn at 0'],
    ['with an id that is no string', '{"id":1,"meta":{"v":1,"seq":0,"prev":"","paths":{}}}', 'torn at 0'],
    ['with a relative path', record({ paths: { 'w/a': { after: null } } }), 'corrupt at 0'],
    ['with a path whose after-image is missing', record({ paths: { '/w/a': {} } }), 'corrupt at 0'],
    ['with a wrong hash', record({ paths: { '/w/a': { after: { raw: '0', norm: '0' } } } }), 'corrupt at 0'],
    ['with paths that are no map', record({ paths: [] }), 'corrupt at 0'],
    ['with a purpose that nobody knows', record({ purpose: 'play', of: '00' }), 'corrupt at 0'],
    ['with parts that are no numbers', record({ part: ['1', 2] }), 'torn at 0'],
    ['that says it is a later part', record({ part: [2, 2] }), 'corrupt at 0'],
    ['whose other parts are missing', record({ part: [1, 2] }), 'torn at 0'],
    ['whose originals are no base64', record({}, '"originals":{"/w/a":"*"},'), 'corrupt at 0'],
    [
      'whose originals have another hash',
      record({}, '"originals":{"/w/a":""},"expected_raw_hash":{"/w/a":"0"},'),
      'corrupt at 0',
    ],
    [
      'whose edits do not fit',
      record({ paths: { '/w/a': { after: { raw: '0', norm: '0' } } } }, EDIT),
      'corrupt at 0',
    ],
  ])('holds a signed record %s: it is reported', async (_title, json, expected) => {
    expect(wordsOf(await scan(signed(json)))).toEqual([expected])
  })

  it('holds many signed records of a later version: that is reported once, and again behind anything else', async () => {
    const later = signed('{"id":"01","meta":{"v":5}}')
    const other = signed('{"id":"01","meta":{"v":6}}')
    const words = wordsOf(await scan(Buffer.concat([later, later, other, other, ...lines, later, later])))
    expect(words).toEqual([
      'refused at 0',
      `refused at ${2 * later.length}`,
      'intent 01',
      'intent 02',
      'intent 03',
      `refused at ${4 * later.length + log.length}`,
    ])
  })

  it.each([
    [
      'another key',
      '{"id":"x","edits":null,"originals":null,"expected_raw_hash":null,"expected_norm_hash":null,"x":1}',
    ],
    ['a key missing', '{"id":"x","edits":null,"originals":null,"expected_raw_hash":null}'],
    [
      'edits that overlap',
      '{"id":"x","edits":[{"Path":"/a","StartByte":1,"EndByte":0,"NewText":""}],"originals":{"/a":""},"expected_raw_hash":null,"expected_norm_hash":null}',
    ],
    ...['length', 'map', '0'].map((bytes) => [
      `bytes under a key that is written with an escape, "${bytes}"`,
      `{"id":"x","edits":null,"original\\u0073":{"/a":"${bytes}"},"expected_raw_hash":null,"expected_norm_hash":null}`,
    ]),
  ])('holds a line without a sum and with %s: it is bad', (_title, line) => {
    expect(decodeLine(Buffer.from(line), hasher).kind).toBe('bad')
  })

  it.each(['a folder', 'a link to a log', 'a pipe'])('%s in the place of a log is not read', async (what) => {
    const platter = new Platter()
    platter.put('/elsewhere', log)
    if (what === 'a folder') platter.putFolder('/s/wal.log')
    else if (what === 'a pipe') platter.putOther('/s/wal.log')
    else platter.putLink('/s/wal.log', '/elsewhere')
    const disk = new MemoryDisk(platter)
    expect(await replayed(disk)).toEqual(['corrupt at 0'])
  })

  it('is not there: it holds nothing', async () => {
    expect(await entriesOf(new MemoryDisk(new Platter()), '/wal.log')).toEqual([])
  })
})

const EDIT = '"edits":[{"Path":"/w/a","StartByte":5,"EndByte":6,"NewText":""}],"originals":{"/w/a":""},'

function record(meta: object, more = ''): string {
  const whole = {
    v: 1,
    seq: 0,
    prev: '',
    at: '',
    session: '',
    road: '',
    label: '',
    server: '',
    paths: {},
    ...meta,
  }
  return `{"id":"01",${more}"meta":${JSON.stringify(whole)}}`
}

async function replayed(disk: MemoryDisk): Promise<string[]> {
  const words: string[] = []
  const env = { disk, hasher } as unknown as Parameters<typeof replay>[0]
  for await (const found of replay(env, '/s'))
    words.push(found.kind === 'intent' ? `intent ${found.intent.id}` : `${found.kind} at ${found.at}`)
  return words
}
