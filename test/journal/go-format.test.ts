import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bytesOf } from '../../server/edits/file-bytes.ts'
import type { Env } from '../../server/journal/env.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { type Found, replay } from '../../server/journal/replay.ts'
import { withhold } from '../../server/journal/withhold.ts'
import { MemoryDisk } from '../disk/memory-disk.ts'
import { Platter } from '../disk/platter.ts'
import { type GoIntent, readAsGo } from './go-reader.ts'
import { created, deleted, edit, edited, intentOf, moved, replaced, unknown } from './intents.ts'
import { hasher, logOf } from './logs.ts'

const vector = (name: string) => readFileSync(new URL(`../vectors/${name}`, import.meta.url))
const replayed = (name: string) => JSON.parse(vector(`${name}/replayed.json`).toString()) as GoIntent[]

async function replayOf(log: Buffer): Promise<Found[]> {
  const platter = new Platter()
  platter.put('/s/wal.log', log)
  const found: Found[] = []
  const env = { disk: new MemoryDisk(platter), hasher } as unknown as Env
  for await (const each of replay(env, '/s')) found.push(each)
  return found
}

/** An intent in the Go package's shape, as far as images tell it: nil and empty are the same to them. */
function asGo(intent: Intent) {
  const known = intent.images.filter(({ before }) => before !== undefined)
  return {
    id: intent.id,
    edits: known.flatMap(({ path, edits }) =>
      edits.map(({ start, end, text }) => ({ Path: path, StartByte: start, EndByte: end, NewText: text })),
    ),
    originals: Object.fromEntries(
      known.map(({ path, before }) => [path, Buffer.from(bytesOf(before!)).toString('base64')]),
    ),
  }
}

describe('a log of the Go package', () => {
  it.each(['go-v0.1.0', 'go-v0.1.0-torn'])('%s is replayed to what its own Replay returns', async (name) => {
    const found = await replayOf(vector(`${name}/wal.log`))
    const intents = found.flatMap((each) => (each.kind === 'intent' ? [each] : []))
    const expected = replayed(name)
    expect(intents.map(({ intent }) => intent.id)).toEqual(expected.map(({ id }) => id))
    for (const [i, { intent, outcomes, settled }] of intents.entries()) {
      const { edits, originals } = expected[i]!
      const known = Object.entries(originals ?? {}).filter(([, bytes]) => bytes !== null)
      expect(asGo(intent)).toEqual({
        id: expected[i]!.id,
        edits: (edits ?? []).filter(({ Path }) => known.some(([path]) => path === Path)),
        originals: Object.fromEntries(known),
      })
      expect(intent.foreign).toBe(true)
      expect([outcomes, settled]).toEqual([[], false])
    }
  })

  it('yields after-images where it holds the originals, and says so where it does not', async () => {
    const found = await replayOf(vector('go-v0.1.0/wal.log'))
    const images = found.map((each) => (each.kind === 'intent' ? each.intent.images : []))
    expect(images[0]).toEqual([])
    expect(images[1]!.map(({ path, after }) => [path, textOf(after)])).toEqual([
      ['/w/src/a.ts', 'export function sum(a: number, b: number) {\r\n\treturn a + b; \r\n}\r\n'],
    ])
    expect(images[2]!.map(({ path, after }) => [path, textOf(after)])).toEqual([
      ['/w/bin', '\0\x01\x02\ufffd\ufffd\n\ufffd'],
      ['/w/e mo/漢.ts', "<b>&\u2028\u2029\n\t\"\\\x01\x7f é😀😀 漢字 é\n naïve = '𝒳';\n"],
      ['/w/empty', ''],
    ])
    expect(images[3]).toEqual([
      {
        path: 'relative/path.txt',
        before: undefined,
        after: { kind: 'unknown', reason: 'its original was not recorded' },
        source: undefined,
        edits: [],
      },
    ])
  })

  it('is reported torn at the byte where its last whole line ends', async () => {
    const found = await replayOf(vector('go-v0.1.0-torn/wal.log'))
    expect(found.map((each) => (each.kind === 'intent' ? each.intent.id : each))).toEqual([
      'minimal',
      'rename-1',
      { kind: 'torn', at: 427, reason: 'it is cut off or too long', log: '/s/wal.log' },
    ])
  })
})

const ours = [
  intentOf('01', [edited('/w/a.ts', 'let total = 1\n', edit(4, 9, 'sum')), created('/w/new.ts', '')]),
  intentOf('02', [
    ...moved('/w/old 漢.ts', '/w/<&>.ts', Buffer.from([0xff, 0x61, 0x80]), edit(1, 2, 'é😀\u2028"\\\x01')),
    deleted('/w/__proto__', 'gone'),
    unknown('/w/latin1', Buffer.from([0xe9])),
    { ...replaced('/w/over', 'old', ''), source: undefined, edits: [] },
  ]),
  intentOf('03', [edited('/w/a.ts', '', edit(0, 0, '\ud83d'))]),
  withhold(
    intentOf('04', [edited('/w/.env', 'secret\n', edit(0, 6, 'other')), created('/w/b', 'b')]),
    (path) => path === '/w/.env',
    hasher,
  ),
]

const ourRecords: GoIntent[] = [
  {
    id: '01',
    edits: [{ Path: '/w/a.ts', StartByte: 4, EndByte: 9, NewText: 'sum' }],
    originals: { '/w/a.ts': 'bGV0IHRvdGFsID0gMQo=' },
    expected_raw_hash: { '/w/a.ts': hasher.hash(Buffer.from('let total = 1\n')) },
    expected_norm_hash: { '/w/a.ts': hasher.hash(Buffer.from('let total = 1\n')) },
  },
  {
    id: '02',
    edits: [{ Path: '/w/old 漢.ts', StartByte: 1, EndByte: 2, NewText: 'é😀\u2028"\\\x01' }],
    originals: { '/w/old 漢.ts': '/2GA', '/w/__proto__': 'Z29uZQ==', '/w/latin1': '6Q==', '/w/over': 'b2xk' },
    expected_raw_hash: rawHashes('/w/old 漢.ts', '/w/__proto__', '/w/latin1', '/w/over'),
    expected_norm_hash: rawHashes('/w/old 漢.ts', '/w/__proto__', '/w/latin1', '/w/over'),
  },
  {
    id: '03',
    edits: [{ Path: '/w/a.ts', StartByte: 0, EndByte: 0, NewText: '\ufffd' }],
    originals: { '/w/a.ts': '' },
    expected_raw_hash: { '/w/a.ts': 'ef46db3751d8e999' },
    expected_norm_hash: { '/w/a.ts': 'ef46db3751d8e999' },
  },
  {
    id: '04',
    edits: [{ Path: '/w/b', StartByte: 0, EndByte: 0, NewText: 'b' }],
    originals: {},
    expected_raw_hash: { '/w/.env': hasher.hash(Buffer.from('secret\n')) },
    expected_norm_hash: { '/w/.env': hasher.hash(Buffer.from('secret\n')) },
  },
]

function rawHashes(...paths: string[]): Record<string, string> {
  const bytes: Record<string, Buffer> = {
    '/w/old 漢.ts': Buffer.from([0xff, 0x61, 0x80]),
    '/w/__proto__': Buffer.from('gone'),
    '/w/latin1': Buffer.from([0xe9]),
    '/w/over': Buffer.from('old'),
  }
  return Object.fromEntries(paths.map((path) => [path, hasher.hash(bytes[path]!)]))
}

describe('a log of ours', () => {
  it('is read by a reader of the Go package’s struct', () => {
    expect(readAsGo(logOf(...ours))).toEqual(ourRecords)
  })

  it('is read, huge intents too, within the 16 MiB that the Go package’s scanner takes', () => {
    const huge = intentOf('04', [edited('/w/big', Buffer.alloc(20 << 20, 'x'), edit(0, 1, 'y'))])
    const records = readAsGo(logOf(ours[0]!, huge))
    expect(new Set(records.map(({ id }) => id))).toEqual(new Set(['01', '04']))
    const slices = records.slice(1).map(({ originals }) => originals!['/w/big'] ?? '')
    expect(Buffer.concat(slices.map((slice) => Buffer.from(slice, 'base64'))).length).toBe(20 << 20)
  })

  const go = spawnSync('go', ['version']).status === 0
  it.skipIf(!go)(
    'is read by a real Go program',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'lsp-wal-go-'))
      try {
        writeFileSync(join(folder, 'main.go'), GO_PROGRAM)
        writeFileSync(join(folder, 'wal.log'), logOf(...ours))
        const env = { ...process.env, GOCACHE: join(folder, 'cache'), GO111MODULE: 'off', GOFLAGS: '' }
        const output = execFileSync('go', ['run', 'main.go', 'wal.log'], { cwd: folder, env })
        expect(JSON.parse(output.toString())).toEqual(ourRecords)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
    120_000,
  )
})

const GO_PROGRAM = `package main

import ("bufio"; "encoding/json"; "os")

type Edit struct { Path string; StartByte, EndByte int; NewText string }
type Intent struct {
	ID string \`json:"id"\`
	Edits []Edit \`json:"edits"\`
	Originals map[string][]byte \`json:"originals"\`
	ExpectedRawHash map[string]string \`json:"expected_raw_hash"\`
	ExpectedNormHash map[string]string \`json:"expected_norm_hash"\`
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil { panic(err) }
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 16 << 20)
	intents := []Intent{}
	for scanner.Scan() {
		var intent Intent
		if err := json.Unmarshal(scanner.Bytes(), &intent); err != nil { panic(err) }
		intents = append(intents, intent)
	}
	if err := scanner.Err(); err != nil { panic(err) }
	if err := json.NewEncoder(os.Stdout).Encode(intents); err != nil { panic(err) }
}
`

function textOf(after: Intent['images'][number]['after']): string | undefined {
  return after.kind === 'file' ? Buffer.from(bytesOf(after.bytes)).toString() : undefined
}
