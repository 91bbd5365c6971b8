import { describe, expect, it } from 'vitest'
import type { Stat } from '../../server/disk/disk.ts'
import { bytesOf, type FileBytes } from '../../server/edits/file-bytes.ts'
import type { Image } from '../../server/edits/images.ts'
import { merge } from '../../server/edits/merge.ts'
import type { Observation, PathState } from '../../server/recovery/observe.ts'
import { finishWay, rollBackWay } from '../../server/recovery/ways.ts'
import { created, deleted, edit, facts, intentOf, moved, replaced, unknown } from '../journal/intents.ts'
import { seenAs, sightOf } from './seen.ts'

const images = ['/w/a', '/w/b'].map((path) => replaced(path, 'old', 'new'))
const intent = intentOf('01', images)
const text = (bytes: FileBytes | undefined) => bytes && Buffer.from(bytesOf(bytes)).toString()
const plain = ({ changes, left }: ReturnType<typeof finishWay>) => ({
  changes: changes.map(({ path, before, after, mode }) => [path, text(before), text(after), mode]),
  left,
})

describe('the way forward and the way back', () => {
  const all = [
    created('/w/new', 'made'),
    deleted('/w/gone', 'old'),
    ...moved('/w/from', '/w/to', 'body', edit(0, 1, 'B')),
  ]
  const intent = intentOf('01', all, {
    facts: facts({ '/w/gone': { from: 'disk', mode: 0o755 }, '/w/from': { from: 'disk', mode: 0o700 } }),
  })

  it('make, remove and move files, with the mode they had', () => {
    expect(
      plain(
        finishWay(
          intent,
          all.map((image) => seenAs(image, 'untouched')),
        ),
      ),
    ).toEqual({
      changes: [
        ['/w/new', undefined, 'made', undefined],
        ['/w/gone', 'old', undefined, 0o755],
        ['/w/from', 'body', undefined, 0o700],
        ['/w/to', undefined, 'Body', 0o700],
      ],
      left: [],
    })
    expect(
      plain(
        rollBackWay(
          intent,
          all.map((image) => seenAs(image, 'landed')),
        ),
      ),
    ).toEqual({
      changes: [
        ['/w/new', 'made', undefined, undefined],
        ['/w/gone', undefined, 'old', 0o755],
        ['/w/from', undefined, 'body', 0o700],
        ['/w/to', 'Body', undefined, undefined],
      ],
      left: [],
    })
  })

  it('leave alone what drifted, and say why', () => {
    const seen: Observation[] = [
      seenAs(images[0]!, 'drifted'),
      { image: images[1]!, state: 'drifted', sight: { kind: 'other', reason: 'it is a folder now' } },
    ]
    const left = [
      { path: '/w/a', reason: 'it was changed since' },
      { path: '/w/b', reason: 'it is a folder now' },
    ]
    expect(finishWay(intent, seen)).toEqual({ changes: [], left })
    expect(rollBackWay(intent, seen)).toEqual({ changes: [], left })
  })

  it('bring back an original whose after-image is not known only where the user names it', () => {
    const seen = [seenAs(unknown('/w/a', 'x'), 'landed')]
    expect(plain(rollBackWay(intent, seen))).toEqual({
      changes: [],
      left: [{ path: '/w/a', reason: 'what the edit made of it is not known: it is not UTF-8' }],
    })
    expect(plain(rollBackWay(intent, seen, { named: new Set(['/w/a']) })).changes).toEqual([
      ['/w/a', 'edited', 'x', undefined],
    ])
  })
})

describe('a way through what was changed since', () => {
  const at = (image: Image, now: string | undefined, state: PathState = 'drifted'): Observation => ({
    image,
    state,
    sight: sightOf(now === undefined ? undefined : Buffer.from(now)),
  })
  const text = replaced('/w/a', 'note\n\nend\n', 'memo\n\nend\n')
  const [from, to] = moved('/w/from', '/w/to', 'note\n\nend\n', edit(0, 4, 'memo')) as [Image, Image]
  const back = (...seen: Observation[]) => plain(rollBackWay(intent, seen, { merge }))

  it('takes the edit out, and leaves the rest', () => {
    expect(back(at(text, 'memo\n\nend!\n'))).toEqual({
      changes: [['/w/a', 'memo\n\nend!\n', 'note\n\nend!\n', undefined]],
      left: [],
    })
  })

  it('takes it out of a later edit, too', () => {
    expect(back(at(text, 'memo\n\nfin\n', 'landed')).changes).toEqual([
      ['/w/a', 'memo\n\nfin\n', 'note\n\nfin\n', undefined],
    ])
  })

  it('puts the edit in, going forward', () => {
    expect(plain(finishWay(intent, [at(text, 'note\n\nend!\n')], { merge })).changes).toEqual([
      ['/w/a', 'note\n\nend!\n', 'memo\n\nend!\n', undefined],
    ])
  })

  it('leaves a file alone where both changed the same, and says where', () => {
    expect(back(at(text, 'x\n\nend\n'))).toEqual({
      changes: [],
      left: [
        {
          path: '/w/a',
          reason: 'the same lines were changed since',
          hunks: [{ line: 1, base: ['memo'], ours: ['x'], theirs: ['note'] }],
        },
      ],
    })
  })

  it('brings a file back from where it was moved, with what was made of it there', () => {
    expect(back(at(from, undefined, 'landed'), at(to, 'memo\n\nend!\n'))).toEqual({
      changes: [
        ['/w/from', undefined, 'note\n\nend!\n', undefined],
        ['/w/to', 'memo\n\nend!\n', undefined, undefined],
      ],
      left: [],
    })
  })

  it.each<[string, Observation[], string[]]>([
    ['does not merge', [at(from, undefined, 'landed'), at(to, 'x')], ['/w/from', '/w/to']],
    ['is moved on', [at(from, undefined, 'landed'), at(to, undefined)], ['/w/from', '/w/to']],
    ['has another file where it was', [at(from, 'new'), at(to, 'memo\n\nend!\n')], ['/w/from', '/w/to']],
    ['is there twice', [at(from, 'note\n\nend\n', 'restored'), at(to, 'memo\n\nend!\n')], ['/w/to']],
  ])('leaves a moved file where it is that %s', (_, seen, left) => {
    const way = back(...seen)
    expect(way.changes).toEqual([])
    expect(way.left.map(({ path }) => path)).toEqual(left)
  })

  it.each<[string, Observation]>([
    ['that was made and then changed', at(created('/w/new', 'a\n'), 'a\nb\n')],
    ['that was deleted, where there is another one now', at(deleted('/w/gone', 'a\n'), 'b\n')],
    ['that was deleted since', at(text, undefined)],
  ])('leaves a file alone %s', (_, seen) => {
    const { path } = seen.image
    expect(back(seen)).toEqual({ changes: [], left: [{ path, reason: 'it was changed since' }] })
  })
})

describe('the way back of a file that was moved', () => {
  const [from, to] = moved('/w/from', '/w/to', 'body') as [Image, Image]
  const stat = { kind: 'file', size: 4, mtimeNs: 1n, mode: 0o644, uid: 0, gid: 0, links: 1 } as const
  const seenAt = (image: Image, bytes: string, state: PathState, more: Partial<Stat>): Observation => ({
    image,
    state,
    sight: { kind: 'file', bytes: Buffer.from(bytes), stat: { ...stat, identity: '1:2', ...more } },
  })
  const wayOver = (bytes: string, more: Partial<Stat>) =>
    plain(
      rollBackWay(intentOf('01', [from, to]), [
        seenAt(from, bytes, 'restored', more),
        seenAt(to, 'body', 'landed', {}),
      ]),
    )

  it.each([
    ['a copy of it', { identity: '1:3' }],
    ['the very file by a second name', { links: 2 }],
  ])('takes it away where %s stands in its old place', (_, more) => {
    expect(wayOver('body', more)).toEqual({
      changes: [['/w/to', 'body', undefined, undefined]],
      left: [],
    })
  })

  it.each([
    ['the text that the disk had under unsaved work', 'older', { identity: '1:3' }],
    ['a link to that very file', 'body', {}],
  ])('leaves it where what stands there is %s', (_, bytes, more) => {
    const reason = 'something else stands at /w/from'
    expect(wayOver(bytes, more)).toEqual({ changes: [], left: [{ path: '/w/to', reason }] })
  })
})
