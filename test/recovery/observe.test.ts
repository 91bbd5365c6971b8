import { describe, expect, it } from 'vitest'
import type { Image } from '../../server/edits/images.ts'
import type { Intent, PathFacts } from '../../server/journal/intent.ts'
import { observe } from '../../server/recovery/observe.ts'
import type { Sight } from '../../server/recovery/workspace.ts'
import {
  created,
  deleted,
  edit,
  edited,
  facts,
  intentOf,
  moved,
  replaced,
  unknown,
} from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'

const MTIME = 1_700_000_000_000_000_000n

/** A file with these bytes, written when the intent was recorded or `later`. */
function file(content: string, written: 'then' | 'later' = 'then'): Sight {
  const bytes = Buffer.from(content, 'latin1')
  const mtimeNs = written === 'then' ? MTIME : MTIME + 1n
  const stat = {
    kind: 'file',
    size: bytes.length,
    mtimeNs,
    mode: 0o644,
    uid: 1,
    gid: 1,
    links: 1,
    identity: '',
  } as const
  return { kind: 'file', bytes, stat }
}

const buffer = (content: string): Sight => ({ kind: 'file', bytes: Buffer.from(content), stat: undefined })
const absent: Sight = { kind: 'absent' }
const other: Sight = { kind: 'other', reason: 'it is a folder now' }

async function statesOf(
  image: Image | Image[],
  sights: Record<string, Sight>,
  more: { facts?: Record<string, PathFacts>; later?: Intent[] } = {},
): Promise<string> {
  const images = [image].flat()
  const onDisk = images.map(({ path, before }): [string, PathFacts] => [
    path,
    { from: 'disk', size: before?.length ?? 0, mtimeNs: MTIME },
  ])
  const intent = intentOf('01', images, { facts: more.facts ? facts(more.facts) : new Map(onDisk) })
  const look = (path: string) => Promise.resolve(sights[path] ?? absent)
  const spellings = () => Promise.resolve([])
  const seen = await observe({ look, spellings }, intent, more.later ?? [], hasher)
  expect(seen.map((each) => each.image)).toEqual(images)
  return seen.map(({ state }) => state).join(' ')
}

const A = '/w/a'
const oneTwo = replaced(A, 'one\n', 'two\n')

describe('a path whose file is edited', () => {
  it.each<[string, Image, Sight, string]>([
    ['the after-image', oneTwo, file('two\n', 'later'), 'landed'],
    ['the after-image with other line endings', oneTwo, file('two\r\n', 'later'), 'landed'],
    ['the after-image without its final newline', oneTwo, file('two', 'later'), 'landed'],
    ['the after-image with another final newline', oneTwo, file('two\n\n', 'later'), 'landed'],
    ['the after-image with a byte order mark', oneTwo, file('\xef\xbb\xbftwo\n', 'later'), 'landed'],
    ['the after-image with blanks at the line’s end', oneTwo, file('two \t\n', 'later'), 'landed'],
    ['the after-image in a buffer', oneTwo, buffer('two\n'), 'landed'],
    ['the original', oneTwo, file('one\n'), 'untouched'],
    ['the original, written since', oneTwo, file('one\n', 'later'), 'restored'],
    ['the original in a buffer', oneTwo, buffer('one\n'), 'untouched'],
    ['the original with other line endings', oneTwo, file('one\r\n', 'later'), 'drifted'],
    ['something else', oneTwo, file('three\n', 'later'), 'drifted'],
    ['nothing', oneTwo, absent, 'drifted'],
    ['a folder', oneTwo, other, 'drifted'],
    ['the original of an edit of line endings only', replaced(A, 'a\r\n', 'a\n'), file('a\r\n'), 'untouched'],
    ['the after-image of an edit of line endings only', replaced(A, 'a\r\n', 'a\n'), file('a\n'), 'landed'],
    ['neither, of an edit of line endings only', replaced(A, 'a\r\n', 'a\n'), file('a'), 'drifted'],
    [
      'the file of an edit that changes nothing',
      edited(A, 'a', edit(0, 1, 'a')),
      file('a', 'later'),
      'landed',
    ],
  ])('holds %s', async (_what, image, sight, state) => {
    expect(await statesOf(image, { [A]: sight })).toBe(state)
  })
})

describe('a path whose file is made, removed or moved', () => {
  it.each<[string, Image | Image[], Record<string, Sight>, string]>([
    ['made, and there', created(A, 'new'), { [A]: file('new') }, 'landed'],
    ['made, and not there', created(A, 'new'), {}, 'untouched'],
    ['made, and still empty', created(A, 'new'), { [A]: file('') }, 'halfway'],
    ['made empty, and there', created(A, ''), { [A]: file('') }, 'landed'],
    ['made, and something else is there', created(A, 'new'), { [A]: file('other') }, 'drifted'],
    ['removed, and gone', deleted(A, 'old'), {}, 'landed'],
    ['removed, and still there', deleted(A, 'old'), { [A]: file('old') }, 'untouched'],
    ['removed, and written again', deleted(A, 'old'), { [A]: file('old', 'later') }, 'restored'],
    ['removed, and something else is there', deleted(A, 'old'), { [A]: file('new') }, 'drifted'],
    ['moved and edited', moved(A, '/w/b', 'x', edit(0, 1, 'y')), { '/w/b': file('y') }, 'landed landed'],
    [
      'moved and not edited yet',
      moved(A, '/w/b', 'x', edit(0, 1, 'y')),
      { '/w/b': file('x') },
      'landed halfway',
    ],
    ['not moved yet', moved(A, '/w/b', 'x', edit(0, 1, 'y')), { [A]: file('x') }, 'untouched untouched'],
    [
      'copied, its source still there',
      moved(A, '/w/b', 'x'),
      { [A]: file('x'), '/w/b': file('x') },
      'untouched landed',
    ],
  ])('is %s', async (_what, image, sights, states) => {
    expect(await statesOf(image, sights)).toBe(states)
  })
})

describe('a path whose after-image is not known', () => {
  it.each<[string, Sight, string]>([
    ['the original', file('\xff'), 'untouched'],
    ['the original, written since', file('\xff', 'later'), 'restored'],
    ['something else', file('\xfe', 'later'), 'landed'],
    ['nothing', absent, 'landed'],
    ['a folder', other, 'drifted'],
  ])('holds %s', async (_what, sight, state) => {
    expect(await statesOf(unknown(A, Buffer.from([0xff])), { [A]: sight })).toBe(state)
  })
})

describe('a path whose original was a buffer with unsaved work', () => {
  const image = replaced(A, 'unsaved', 'after')
  const beside = (disk: string | null): Record<string, PathFacts> => ({
    [A]: { from: 'buffer', version: 3, disk, size: 5, mtimeNs: MTIME },
  })
  it.each<[string, string | null, Sight, string]>([
    ['what the disk held beside it', hasher.hash(Buffer.from('saved')), file('saved'), 'untouched'],
    ['that, written since', hasher.hash(Buffer.from('saved')), file('saved', 'later'), 'restored'],
    ['nothing, as before', null, absent, 'untouched'],
    ['nothing, though there was something', hasher.hash(Buffer.from('saved')), absent, 'drifted'],
    [
      'the buffer’s text, saved since',
      hasher.hash(Buffer.from('saved')),
      file('unsaved', 'later'),
      'restored',
    ],
    ['the after-image', hasher.hash(Buffer.from('saved')), file('after', 'later'), 'landed'],
    ['something else', hasher.hash(Buffer.from('saved')), file('else', 'later'), 'drifted'],
  ])('holds %s', async (_what, disk, sight, state) => {
    expect(await statesOf(image, { [A]: sight }, { facts: beside(disk) })).toBe(state)
  })
})

describe('a path that later intents touch too', () => {
  const later = [
    intentOf('02', [replaced('/w/z', 'z', 'y')]),
    intentOf('03', [replaced(A, 'two\r\n', 'three\n')]),
    intentOf('04', [replaced(A, 'three\n', 'four\n')]),
    intentOf('05', [deleted(A, 'four\n')]),
  ]
  it.each<[string, Sight, Intent[], string]>([
    ['what the next made of the after-image', file('three\n', 'later'), later, 'landed'],
    ['what the last but one made of it', file('four\n', 'later'), later, 'landed'],
    ['nothing, since the last removed it', absent, later, 'landed'],
    ['what one made that does not follow from it', file('four\n', 'later'), [later[2]!], 'drifted'],
    ['its original', file('one\n'), later, 'untouched'],
  ])('holds %s', async (_what, sight, all, state) => {
    expect(await statesOf(oneTwo, { [A]: sight }, { later: all })).toBe(state)
  })
})

it('takes a file without recorded times for untouched', async () => {
  expect(await statesOf(oneTwo, { [A]: file('one\n', 'later') }, { facts: {} })).toBe('untouched')
})
