import type { Image } from '../../server/edits/images.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { bare, created, deleted, edit, edited, intentOf, moved, replaced } from '../journal/intents.ts'
import type { Step, Workload } from './workload.ts'

// Ids as hex digits, so that the command line takes them.
let made = 0
const intent = (images: readonly Image[], more?: Partial<Intent>): Intent =>
  intentOf((0xa0 + ++made).toString(16).padEnd(8, '0'), images, more)

const step = (
  images: readonly Image[],
  saves: readonly string[] = [],
  more: Partial<Intent> = {},
  noted: Step['noted'] = [],
): Step => ({ intent: intent(images, more), saves, noted })

const binary = Buffer.from([0xff, 0, 0x80, 0x0a, 0xfe])
const BOM = '\ufeff'
/** Of many blocks, each unlike the others, and no end at the end of one. */
const large = Array.from({ length: 400 }, (_, n) => `line ${n} of many\n`).join('')
/** So many bytes, no two lines of which are the same. */
const lines = (word: string, length: number): string =>
  Array.from({ length }, (_, n) => `${word} ${n}\n`)
    .join('')
    .slice(0, length)
const names = Array.from({ length: 12 }, (_, n) => `/w/part${n % 3}/f${n}`)

/** A file that takes the whole text of another one. */
const taking = (path: string, before: string, source: string, text: string): Image => ({
  path,
  before: Buffer.from(before),
  after: { kind: 'file', bytes: Buffer.from(text) },
  source,
  edits: [],
})

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'three files edited, one of them saved',
    before: { '/w/a': 'let total\n', '/w/b': 'total()\r\n', '/w/sub/c': 'no total' },
    steps: [
      step(
        [
          edited('/w/a', 'let total\n', edit(4, 9, 'sum')),
          edited('/w/b', 'total()\r\n', edit(0, 5, 'sum')),
          edited('/w/sub/c', 'no total', edit(3, 8, 'sum\n')),
        ],
        ['/w/a'],
      ),
    ],
  },
  {
    name: 'a file created, one deleted, one moved to a new folder, the old one going',
    before: { '/w/old/x': 'export x', '/w/gone': 'rest', '/w/a': 'import "./old/x"' },
    steps: [
      step(
        [
          created('/w/fresh', 'new\n'),
          deleted('/w/gone', 'rest'),
          ...moved('/w/old/x', '/w/new/deep/x', 'export x', edit(7, 8, 'y')),
          edited('/w/a', 'import "./old/x"', edit(10, 13, 'new/deep')),
        ],
        ['/w/fresh'],
        { folders: { made: ['/w/new', '/w/new/deep'], removed: ['/w/old'] } },
      ),
    ],
  },
  {
    name: 'bytes that are no text, and two edits one after the other',
    before: { '/w/bin': binary, '/w/a': 'one\r\ntwo\r\n', '/w/b': '' },
    steps: [
      step([deleted('/w/bin', binary), edited('/w/a', 'one\r\ntwo\r\n', edit(0, 3, '1'))], ['/w/bin']),
      step([
        edited('/w/a', '1\r\ntwo\r\n', edit(3, 6, '2')),
        { ...replaced('/w/b', '', ''), after: { kind: 'file', bytes: binary }, source: undefined },
      ]),
    ],
  },
  {
    name: 'one file edited, nothing saved',
    before: { '/w/a': 'old\n' },
    steps: [step([replaced('/w/a', 'old\n', 'new\n')])],
  },
  {
    name: 'byte order marks and both line endings, the second of three files saved',
    before: { '/w/a': `${BOM}one\r\n`, '/w/b': `${BOM}two\n`, '/w/c': 'three\r\nfour\n' },
    steps: [
      step(
        [
          edited('/w/a', `${BOM}one\r\n`, edit(3, 6, 'uno')),
          edited('/w/b', `${BOM}two\n`, edit(3, 6, 'due')),
          edited('/w/c', 'three\r\nfour\n', edit(0, 5, 'tre'), edit(7, 11, 'quattro')),
        ],
        ['/w/b'],
      ),
    ],
  },
  {
    name: 'an empty file filled, a full one emptied',
    before: { '/w/a': '', '/w/b': 'all of it' },
    steps: [
      step([edited('/w/a', '', edit(0, 0, 'filled')), edited('/w/b', 'all of it', edit(0, 9, ''))], ['/w/b']),
    ],
  },
  {
    name: 'a file of many blocks edited in its middle and made longer, another cut to a few',
    before: { '/w/a': large, '/w/b': large },
    steps: [
      step([
        edited('/w/a', large, edit(3000, 3005, 'elsewhere'), edit(large.length, large.length, 'the end\n')),
        edited('/w/b', large, edit(600, large.length, '')),
      ]),
    ],
  },
  {
    name: 'one file edited three times and saved each time, to an end in order',
    before: { '/w/a': 'one' },
    ends: true,
    steps: [
      step([replaced('/w/a', 'one', 'two')], ['/w/a'], {}, ['applied', 'landed']),
      step([replaced('/w/a', 'two', 'three')], ['/w/a'], {}, ['applied', 'landed']),
      step([replaced('/w/a', 'three', 'four')], ['/w/a'], {}, ['landed']),
    ],
  },
  {
    name: 'a file created, then edited beside another one',
    before: { '/w/b': 'b' },
    steps: [
      step([created('/w/a', 'a')], ['/w/a']),
      step([replaced('/w/a', 'a', 'aa'), replaced('/w/b', 'b', 'bb')], ['/w/a']),
    ],
  },
  {
    name: 'a file created, then deleted again',
    before: { '/w/b': 'b' },
    steps: [
      step([created('/w/a', 'short-lived'), replaced('/w/b', 'b', 'bb')], ['/w/a', '/w/b']),
      step([deleted('/w/a', 'short-lived'), replaced('/w/b', 'bb', 'bbb')], ['/w/a']),
    ],
  },
  {
    name: 'a file moved, and moved on',
    before: { '/w/a': 'on the move\n' },
    steps: [
      step(moved('/w/a', '/w/b', 'on the move\n'), ['/w/b', '/w/a']),
      step(moved('/w/b', '/w/c', 'on the move\n', edit(0, 2, 'still on')), ['/w/c']),
    ],
  },
  {
    name: 'two files that change places',
    before: { '/w/a': 'was in a\n', '/w/b': 'was in b\n' },
    steps: [
      step(
        [
          taking('/w/a', 'was in a\n', '/w/b', 'was in b\n'),
          taking('/w/b', 'was in b\n', '/w/a', 'was in a\n'),
        ],
        ['/w/a'],
      ),
    ],
  },
  {
    name: 'a folder moved with all that is in it',
    before: { '/w/src/a': 'a', '/w/src/deep/b': 'b', '/w/src/deep/c': '', '/w/main': 'src' },
    steps: [
      step(
        [
          ...moved('/w/src/a', '/w/lib/a', 'a'),
          ...moved('/w/src/deep/b', '/w/lib/deep/b', 'b'),
          ...moved('/w/src/deep/c', '/w/lib/deep/c', ''),
          replaced('/w/main', 'src', 'lib'),
        ],
        ['/w/lib/a', '/w/src/a', '/w/lib/deep/b'],
        {
          folders: { made: ['/w/lib', '/w/lib/deep'], removed: ['/w/src/deep', '/w/src'] },
        },
      ),
    ],
  },
  {
    name: 'a folder that is only moved, one of its files by the editor',
    before: { '/w/src/a': 'a', '/w/src/deep/b': 'b', '/w/src/deep/in/c': '', '/w/main': 'src' },
    steps: [
      step(
        [
          ...bare('/w/src/a', '/w/lib/a', 1),
          ...bare('/w/src/deep/b', '/w/lib/deep/b', 1),
          ...bare('/w/src/deep/in/c', '/w/lib/deep/in/c', 0),
          replaced('/w/main', 'src', 'lib'),
        ],
        ['/w/lib/a'],
        {
          folders: {
            made: ['/w/lib', '/w/lib/deep', '/w/lib/deep/in'],
            removed: ['/w/src/deep/in', '/w/src/deep', '/w/src'],
          },
        },
      ),
    ],
  },
  {
    name: 'a folder moved to another one, a file in it edited on the way, and moved on',
    before: { '/w/src/a': 'a', '/w/src/b': 'b', '/w/src/deep/c': 'c', '/w/lib/d': 'd', '/w/main': 'src' },
    steps: [
      step(
        [
          replaced('/w/main', 'src', 'lib'),
          ...bare('/w/src/a', '/w/lib/src/a', 1),
          ...moved('/w/src/b', '/w/lib/src/b', 'b', edit(0, 1, 'edited')),
          ...bare('/w/src/deep/c', '/w/lib/src/deep/c', 1),
        ],
        ['/w/main', '/w/lib/src/a', '/w/lib/src/b', '/w/src/b', '/w/lib/src/deep/c'],
        { folders: { made: ['/w/lib/src', '/w/lib/src/deep'], removed: ['/w/src/deep', '/w/src'] } },
      ),
      step(
        [
          replaced('/w/main', 'lib', 'end'),
          ...bare('/w/lib/src/a', '/w/end/a', 1),
          ...bare('/w/lib/src/b', '/w/end/b', 6),
          ...bare('/w/lib/src/deep/c', '/w/end/deep/c', 1),
        ],
        ['/w/main', '/w/end/b'],
        { folders: { made: ['/w/end', '/w/end/deep'], removed: ['/w/lib/src/deep', '/w/lib/src'] } },
      ),
    ],
  },
  {
    name: 'a file moved over another one',
    before: { '/w/a': 'over', '/w/b': 'under' },
    steps: [step([deleted('/w/a', 'over'), taking('/w/b', 'under', '/w/a', 'over')], ['/w/b'])],
  },
  {
    name: 'twelve files edited, five of them saved',
    before: Object.fromEntries(names.map((path) => [path, `use(${path})\n`])),
    steps: [
      step(
        names.map((path) => edited(path, `use(${path})\n`, edit(0, 3, 'call'))),
        names.slice(0, 5),
      ),
    ],
  },
  {
    name: 'an edit that landed and was noted, and one that was cut short',
    before: { '/w/a': 'a', '/w/b': 'b' },
    steps: [
      step([replaced('/w/a', 'a', 'a1'), replaced('/w/b', 'b', 'b1')], ['/w/a', '/w/b'], {}, [
        'forwarded',
        'applied',
        'landed',
      ]),
      step([replaced('/w/a', 'a1', 'a2'), replaced('/w/b', 'b1', 'b2')], ['/w/b'], {}, ['forwarded']),
    ],
  },
  {
    name: 'characters of two, three and four bytes',
    before: { '/w/a': 'é€😀', '/w/b': '😀 é\n' },
    steps: [
      step([edited('/w/a', 'é€😀', edit(2, 5, 'ü')), edited('/w/b', '😀 é\n', edit(0, 4, '😁'))], ['/w/a']),
    ],
  },
  {
    name: 'files with a second name, and one that is linked to',
    before: { '/w/a': 'one name of two\n', '/elsewhere/of-a': '', '/w/real/b': 'behind a link\n' },
    links: {
      '/elsewhere/a': { kind: 'hard', to: '/w/a' },
      '/w/b': { kind: 'symbolic', to: '/w/real/b' },
    },
    inPlace: ['/w/a'],
    steps: [
      step([
        edited('/w/a', 'one name of two\n', edit(0, 3, 'this')),
        edited('/w/b', 'behind a link\n', edit(9, 13, 'name')),
      ]),
    ],
  },
  {
    name: 'files of several sectors written in place: one grows, one shrinks, one stays as long',
    before: {
      '/w/saved': 'old',
      '/w/a': lines('a', 1800),
      '/w/b': lines('b', 1800),
      '/w/c': lines('c', 1300),
    },
    isBlind: true,
    inPlace: ['/w/saved', '/w/a', '/w/b', '/w/c'],
    steps: [
      step(
        [
          edited('/w/a', lines('a', 1800), edit(3, 40, lines('grown', 900))),
          edited('/w/b', lines('b', 1800), edit(5, 1000, 'less')),
          edited('/w/c', lines('c', 1300), edit(0, 1300, lines('d', 1300))),
          edited('/w/saved', 'old', edit(0, 3, 'new')),
        ],
        ['/w/saved'],
      ),
    ],
  },
  {
    name: 'files that may be run, or be read by nobody else',
    before: { '/w/run': '#!/bin/sh\ntotal\n', '/w/mine': 'secret total', '/w/c': 'total' },
    modes: { '/w/run': 0o755, '/w/mine': 0o600 },
    steps: [
      step(
        [
          edited('/w/run', '#!/bin/sh\ntotal\n', edit(10, 15, 'sum')),
          edited('/w/mine', 'secret total', edit(7, 12, 'sum')),
          edited('/w/c', 'total', edit(0, 5, 'sum')),
        ],
        ['/w/c'],
      ),
    ],
  },
  {
    name: 'two edits of files of which one is kept out of the log',
    before: { '/w/a': 'let total\n', '/w/.env': 'TOKEN=hunter2\n', '/w/b': 'total()\n' },
    withheld: ['/w/.env'],
    steps: [
      step(
        [
          edited('/w/a', 'let total\n', edit(4, 9, 'sum')),
          edited('/w/.env', 'TOKEN=hunter2\n', edit(6, 13, 'correct horse')),
          edited('/w/b', 'total()\n', edit(0, 5, 'sum')),
        ],
        ['/w/.env', '/w/a', '/w/b'],
      ),
      step(
        [
          edited('/w/a', 'let sum\n', edit(4, 7, 'all')),
          edited('/w/.env', 'TOKEN=correct horse\n', edit(6, 19, 'battery staple')),
          edited('/w/b', 'sum()\n', edit(0, 3, 'all')),
        ],
        ['/w/a'],
      ),
    ],
  },
  {
    name: 'a file that is kept out of the log moved and saved, beside one that is not',
    before: { '/w/a': 'import "./secret"\n', '/w/secret': 'hunter2 hunter2\n' },
    withheld: ['/w/secret', '/w/hidden'],
    steps: [
      step(
        [
          ...moved('/w/secret', '/w/hidden', 'hunter2 hunter2\n', edit(0, 7, 'hunter3')),
          edited('/w/a', 'import "./secret"\n', edit(10, 16, 'hidden')),
        ],
        ['/w/hidden', '/w/secret'],
      ),
    ],
  },
  {
    name: 'two files made that take several lines of the log, one of them saved',
    before: { '/w/a': 'a' },
    steps: [
      step(
        [
          created('/w/x', lines('x', 190_000)),
          created('/w/y', lines('y', 190_000)),
          replaced('/w/a', 'a', 'b'),
        ],
        ['/w/x'],
      ),
    ],
  },
  {
    name: 'a name that changes its case where that does not count, with its text, beside another file, saved',
    before: { '/w/a': 'let total\n', '/w/b': 'total()\n' },
    isCaseless: true,
    steps: [
      step([
        ...moved('/w/a', '/w/A', 'let total\n', edit(4, 9, 'sum')),
        edited('/w/b', 'total()\n', edit(0, 5, 'sum')),
      ]),
      step(
        [
          ...moved('/w/b', '/w/B', 'sum()\n', edit(0, 3, 'all')),
          edited('/w/A', 'let sum\n', edit(4, 7, 'all')),
        ],
        ['/w/B'],
      ),
    ],
  },
  {
    name: 'folders’ names that change their case where that does not count, with the text of a file in one',
    before: { '/w/lib/a': 'let total\n', '/w/lib/b': 'total()\n', '/w/lib/in/c': 'total' },
    isCaseless: true,
    steps: [
      step(
        [
          ...moved('/w/lib/a', '/w/Lib/a', 'let total\n', edit(4, 9, 'sum')),
          ...moved('/w/lib/b', '/w/Lib/B', 'total()\n'),
          ...moved('/w/lib/in/c', '/w/Lib/In/c', 'total'),
        ],
        [],
        { folders: { made: ['/w/Lib', '/w/Lib/In'], removed: ['/w/lib/in', '/w/lib'] } },
      ),
    ],
  },
  {
    name: 'four edits over one another, of which the last two are in no file yet',
    before: { '/w/a': '0', '/w/b': '0' },
    steps: [
      step([replaced('/w/a', '0', '1')], ['/w/a']),
      step([replaced('/w/a', '1', '2'), replaced('/w/b', '0', '2')], ['/w/b', '/w/a']),
      step([replaced('/w/b', '2', '3'), created('/w/x/y/c', '3')], [], {
        folders: { made: ['/w/x', '/w/x/y'], removed: [] },
      }),
      step([replaced('/w/a', '2', '4'), replaced('/w/x/y/c', '3', '4')]),
    ],
  },
]
