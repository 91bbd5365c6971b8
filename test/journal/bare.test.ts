import { describe, expect, it } from 'vitest'
import { isBare } from '../../server/edits/images.ts'
import type { Intent, PathFacts } from '../../server/journal/intent.ts'
import { bare, edit, edited, facts, intentOf, moved } from './intents.ts'
import { hasher, linesOf, logOf, scan, wordsOf } from './logs.ts'

const onDisk = (size: number): PathFacts => ({ from: 'disk', size, mtimeNs: 17n, mode: 0o644 })

/** What is read of an intent that was written, and its lines as JSON. */
async function roundTrip(intent: Intent): Promise<{ got: Intent; lines: Line[] }> {
  const [entry, ...others] = await scan(logOf(intent))
  expect(others).toEqual([])
  expect(entry?.kind).toBe('intent')
  const lines = linesOf([intent]).map((line) => JSON.parse(line.toString()) as Line)
  return { got: (entry as { intent: Intent }).intent, lines }
}

interface Line {
  readonly originals: object
  readonly moves?: readonly object[]
  readonly meta: { readonly v: number; readonly part?: readonly number[]; readonly bare?: readonly object[] }
}

const ends = ({ images }: Intent) =>
  images.filter(isBare).map(({ path, before, after, source }) => [path, before?.length, after.kind, source])

describe('a bare move', () => {
  it('is written by what is the same of both paths, without bytes', async () => {
    const intent = intentOf(
      '01',
      [...bare('/w/src/in/a', '/w/lib/in/a', 5), ...bare('/w/src/b', '/w/lib/b', 0)],
      {
        facts: facts({
          '/w/src/in/a': onDisk(5),
          '/w/lib/in/a': { from: 'disk' },
          '/w/src/b': { from: 'disk' },
          '/w/lib/b': { from: 'disk' },
        }),
      },
    )
    const { got, lines } = await roundTrip(intent)
    expect(lines).toMatchObject([
      {
        edits: [],
        originals: {},
        expected_raw_hash: {},
        expected_norm_hash: {},
        moves: [{ from: '/w/src', to: '/w/lib' }],
        meta: {
          v: 4,
          paths: {},
          bare: [
            {
              from: '/w/src',
              to: '/w/lib',
              files: { 'in/a': { size: 5, mtime: '17', mode: 0o644 }, b: { size: 0 } },
            },
          ],
        },
      },
    ])
    expect(ends(got)).toEqual(ends(intent))
    expect(got.facts.get('/w/src/in/a')).toEqual(onDisk(5))
    // Both ends are one file.
    const [from, to] = got.images
    expect(to!.after.kind === 'file' && to!.after.bytes).toBe(from!.before)
  })

  it('says of its file what is known of it, whichever end comes first', async () => {
    const [source, target] = bare('/w/end/a', '/w/src/a', 5)
    const known = { ...onDisk(5), was: '/w/lib/a' }
    const intent = intentOf('01', [target!, source!], { facts: facts({ '/w/end/a': known }) })
    const { got, lines } = await roundTrip(intent)
    const files = { a: { size: 5, mtime: '17', mode: 0o644, was: '/w/lib/a' } }
    expect(lines[0]!.meta.bare).toEqual([{ from: '/w/end', to: '/w/src', files }])
    expect(got.facts.get('/w/end/a')).toEqual(known)
  })

  it('stands beside what is edited on the way, in a line of version 4', async () => {
    const intent = intentOf('01', [
      ...moved('/w/src/a', '/w/lib/a', 'foo', edit(0, 1, 'b')),
      edited('/w/main', 'src', edit(0, 3, 'lib')),
      ...bare('/w/src/b', '/w/lib/b', 3),
    ])
    const { got, lines } = await roundTrip(intent)
    expect(lines.map(({ meta }) => meta.v)).toEqual([4])
    expect(Object.keys(lines[0]!.originals)).toEqual(['/w/src/a', '/w/main'])
    expect(got.images.map(({ path }) => path)).toEqual(intent.images.map(({ path }) => path))
  })

  it.each([
    ['to another name', '/w/src/a', '/w/b'],
    ['from the top', '/a', '/b'],
    ['by a name with quotes and letters of all kinds', '/w/sr"c/é\u2028 "x"', '/w/li"b/é\u2028 "x"'],
    ['by a name that is a word of the log', '/w/src/kept', '/w/lib/kept'],
    ['by a name that every object has', '/w/src/__proto__', '/w/lib/__proto__'],
  ])('is read as it was written: %s', async (_title, from, to) => {
    const intent = intentOf('01', bare(from, to, 1))
    expect(ends((await roundTrip(intent)).got)).toEqual(ends(intent))
  })

  it('takes some hundred bytes, whatever its folder holds', async () => {
    const names = Array.from({ length: 20_000 }, (_, n) => `deep/er/module-${n % 100}/file-${n}.js`)
    const images = names.flatMap((name) => bare(`/w/node_modules/${name}`, `/w/vendor/${name}`, 100_000))
    const intent = intentOf('01', images, {
      facts: new Map(images.filter(({ before }) => before).map(({ path }) => [path, onDisk(100_000)])),
    })
    expect(logOf(intent).length / names.length).toBeLessThan(120)
    const { got, lines } = await roundTrip(intent)
    expect(lines.length).toBeGreaterThan(1)
    expect(new Set(lines.map(({ meta }) => meta.v))).toEqual(new Set([4]))
    expect(ends(got)).toEqual(ends(intent))
  })
})

describe('a bare move that this program does not write', () => {
  const group = (from: string, to: string, ...names: string[]) => ({
    from,
    to,
    files: Object.fromEntries(names.map((name) => [name, { size: 1 }])),
  })

  it.each<[string, unknown]>([
    ['a name that leads out of its folder', [group('/w/src', '/w/lib', '../../etc/passwd')]],
    ['a name that leads nowhere', [group('/w/src', '/w/lib', 'a/../b')]],
    ['an absolute name', [group('/w/src', '/w/lib', '/etc/passwd')]],
    ['a folder that is relative', [group('src', '/w/lib', 'a')]],
    ['a folder that is not spelt as it is', [group('/w/./src', '/w/lib', 'a')]],
    ['one file that is moved twice', [group('/w/src', '/w/lib', 'a'), group('/w/src', '/w/end', 'a')]],
    ['one place that two come to', [group('/w/src', '/w/lib', 'a'), group('/w/old', '/w/lib', 'a')]],
    ['a file that is moved to where it is', [group('/w/src', '/w/src', 'a')]],
    ['no list', { from: '/w/src' }],
    ['no files', [{ from: '/w/src', to: '/w/lib' }]],
  ])('is corrupt: %s', async (_title, value) => {
    const [line] = linesOf([intentOf('01', bare('/w/src/a', '/w/lib/a', 1))])
    const { sum: _, ...record } = JSON.parse(line!.toString()) as { sum: string; meta: object }
    const body = JSON.stringify({ ...record, meta: { ...record.meta, bare: value } }).slice(0, -1)
    const log = Buffer.from(`${body},"sum":"${hasher.hash(Buffer.from(body))}"}\n`)
    expect(wordsOf(await scan(log))).toEqual(['corrupt at 0'])
  })
})
