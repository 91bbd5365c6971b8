import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { merge } from '../../server/edits/merge.ts'

const bytes = (text: string) => Buffer.from(text, 'utf8')

function merged(base: string, ours: string, theirs: string): unknown {
  const result = merge(bytes(base), bytes(ours), bytes(theirs))
  return result.kind === 'clean' ? Buffer.from(result.bytes).toString('utf8') : result
}

const text = fc.oneof(
  fc
    .array(fc.constantFrom('a', 'a', 'b', '  b', 'b ', 'x = f(a)', 'é', '', '\r', '\ufeffa'), {
      maxLength: 12,
    })
    .chain((lines) => fc.constantFrom(lines.join('\n'), `${lines.join('\n')}\n`, lines.join('\r\n'))),
  fc.string(),
)

describe('laws', () => {
  test('what changed on one side alone is that side, byte for byte', () => {
    fc.assert(
      fc.property(text, text, (base, other) => {
        expect(merged(base, base, other)).toBe(other)
        expect(merged(base, other, base)).toBe(other)
        expect(merged(base, other, other)).toBe(other)
      }),
      { numRuns: 500 },
    )
  })

  test('what is clean holds both changes of lines apart from each other', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/)
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 5, maxLength: 20 }),
        fc.nat(),
        fc.nat(),
        (words, i, j) => {
          const [at, to] = [i % words.length, j % words.length]
          fc.pre(Math.abs(at - to) > 1)
          const changed = (...where: number[]) =>
            words.map((word, k) => `${where.includes(k) ? `NEW ${word}` : word}\n`).join('')
          expect(merged(changed(), changed(at), changed(to))).toBe(changed(at, to))
        },
      ),
    )
  })

  test('lines that each side changes, with one between that neither does, are what each made of them', () => {
    const acts: readonly ((line: string) => readonly string[])[] = [
      (line) => [`NEW ${line}`],
      (line) => [`  ${line}`],
      (line) => [`${line}  `],
      (line) => [line, 'MORE', 'MORE'],
      (line) => ['MORE', line],
      () => [],
      (line) => [line.replace(' ', '  ')],
      (line) => [line],
    ]
    const act = fc.record({ side: fc.constantFrom('ours', 'theirs'), act: fc.constantFrom(...acts) })
    const made = fc.array(act, { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(made, fc.constantFrom('\n', '\r\n'), fc.constantFrom('\n', '\r\n'), (all, end, now) => {
        const side = (name: string, lineEnd: string) =>
          all
            .flatMap(({ side, act }, i) => {
              const line = `word${i} of line${i};`
              return [...(name.includes(side) ? act(line) : [line]), `between${i}`]
            })
            .map((line) => line + lineEnd)
            .join('')
        expect(merged(side('', end), side('ours', now), side('theirs', end))).toBe(side('ours theirs', now))
      }),
      { numRuns: 1000 },
    )
  })

  test('bytes that are no text in any encoding come through', () => {
    const [base, ours, theirs] = ['a \xff\n\nb\n', 'a \xff\xfe\n\nb\n', 'a \xff\n\nc\xff\n']
    const result = merge(
      Buffer.from(base, 'latin1'),
      Buffer.from(ours, 'latin1'),
      Buffer.from(theirs, 'latin1'),
    )
    expect(result).toEqual({ kind: 'clean', bytes: Buffer.from('a \xff\xfe\n\nc\xff\n', 'latin1') })
  })
})

describe('a renaming taken back', () => {
  const was = 'let note = 1\nconst b = 2\nlog(note)\n'
  const is = 'let memo = 1\nconst b = 2\nlog(memo)\n'

  test.each([
    [
      'a line put in between',
      'let memo = 1\nconst b = 2\nb++\nlog(memo)\n',
      'let note = 1\nconst b = 2\nb++\nlog(note)\n',
    ],
    [
      'a line right behind it',
      'let memo = 1\nmemo++\nconst b = 2\nlog(memo)\n',
      'let note = 1\nmemo++\nconst b = 2\nlog(note)\n',
    ],
    [
      'lines at the beginning',
      '// x\n\nlet memo = 1\nconst b = 2\nlog(memo)\n',
      '// x\n\nlet note = 1\nconst b = 2\nlog(note)\n',
    ],
    ['the next line gone', 'let memo = 1\nlog(memo)\n', 'let note = 1\nlog(note)\n'],
    [
      'the next line changed',
      'let memo = 1\nconst b = 3\nlog(memo)\n',
      'let note = 1\nconst b = 3\nlog(note)\n',
    ],
    [
      'more on the line',
      'let memo = 1 + 1\nconst b = 2\nlog(memo, b)\n',
      'let note = 1 + 1\nconst b = 2\nlog(note, b)\n',
    ],
    [
      'indented anew',
      '\tlet memo = 1\n\tconst b = 2\n\tlog(memo)\n',
      '\tlet note = 1\n\tconst b = 2\n\tlog(note)\n',
    ],
    ['other blanks', 'let  memo=1\nconst b=2\nlog( memo )  \n', 'let  note=1\nconst b=2\nlog( note )  \n'],
    [
      'other line ends',
      'let memo = 1\r\nconst b = 2\r\nlog(memo)\r\n',
      'let note = 1\r\nconst b = 2\r\nlog(note)\r\n',
    ],
    ['no final newline', 'let memo = 1\nconst b = 2\nlog(memo)', 'let note = 1\nconst b = 2\nlog(note)'],
    [
      'a byte order mark',
      '\ufefflet memo = 1\nconst b = 2\nlog(memo)\n',
      '\ufefflet note = 1\nconst b = 2\nlog(note)\n',
    ],
    [
      'done already in part',
      'let note = 1\nconst b = 2\nlog(memo) // x\n',
      'let note = 1\nconst b = 2\nlog(note) // x\n',
    ],
  ])('with %s since', (_, now, expected) => {
    expect(merged(is, now, was)).toBe(expected)
  })

  test('where the very name was changed on, it is a conflict', () => {
    expect(merged(is, 'let memo = 1\nconst b = 2\nlog(memos)\n', was)).toEqual({
      kind: 'conflict',
      hunks: [{ line: 3, base: ['log(memo)'], ours: ['log(memos)'], theirs: ['log(note)'] }],
    })
  })
})

describe('a block taken out again', () => {
  const was = 'a()\nb()\n'
  const is = 'if x:\n    a()\nb()\n'

  test('the indents of what stays are those of before', () => {
    expect(merged(is, `${is}c()\n`, was)).toBe(`${was}c()\n`)
  })

  test('lines that were indented anew since are a conflict: in some languages that is their meaning', () => {
    const now = 'def f():\n    if x:\n        a()\n    b()\n'
    expect(merged(is, now, was)).toMatchObject({ kind: 'conflict' })
  })

  test('with a line put into it, it is a conflict', () => {
    expect(merged(is, 'if x:\n    a()\n    z()\nb()\n', was)).toMatchObject({ kind: 'conflict' })
  })
})

test('lines end as those around them do, where that was changed since', () => {
  expect(merged('a\nb\nc\n', 'a\r\nb\r\nc\r\nd\r\n', 'a\nB\nB2\nc\n')).toBe('a\r\nB\r\nB2\r\nc\r\nd\r\n')
})

test('a last line that had no end gets one where more comes behind it', () => {
  expect(merged('a\nb\n', 'a\nb\nc\n', 'a2')).toEqual({ kind: 'conflict', hunks: [expect.anything()] })
  expect(merged('a\nx\ny\nb', 'a\nx\ny\nb\nc\n', 'A\nx\ny\nb')).toBe('A\nx\ny\nb\nc\n')
})

test('what is no text is not merged', () => {
  expect(merged('a\0', 'b\0', 'c\0')).toEqual({ kind: 'impossible', reason: 'it is no text' })
})

test('nor is what differs from end to end', () => {
  const lines = (of: string) => Array.from({ length: 5000 }, (_, i) => `${of}${i}\n`).join('')
  expect(merged(lines('a'), lines('b'), lines('c'))).toMatchObject({ kind: 'impossible' })
})

test('a renaming in place of very many lines is merged all the same', () => {
  const lines = (of: string) =>
    Array.from({ length: 9000 }, (_, i) => (i % 3 === 0 ? `${of}${i}\n` : `x${i}\n`)).join('')
  expect(merged(lines('a'), `${lines('a')}more\n`, lines('c'))).toBe(`${lines('c')}more\n`)
})

test('a line of very many other words is a conflict, found without comparing each with each', () => {
  const line = (of: string) => `${Array.from({ length: 20_000 }, (_, i) => `${of}${i}`).join(' ')}\n`
  const many = (of: string) => line(of).repeat(20)
  expect(merged(many('a'), many('b'), many('c'))).toMatchObject({ kind: 'conflict' })
})

test('an indent that is to be another one is, beside what was changed elsewhere', () => {
  expect(merged('a\n  b\nc\nd\n', 'a\n  b\nc\nD\n', 'a\nb\nc\nd\n')).toBe('a\nb\nc\nD\n')
  expect(merged('a  \nx\nc\nd\n', 'a  \nx\nc\nD\n', 'a\nx\nc\nd\n')).toBe('a\nx\nc\nD\n')
})

describe('what stays', () => {
  test('is a line put behind one that is to be indented anew: it may have to be, too', () => {
    expect(merged('f:\n  a\n', 'f:\n  a\n  z\n', 'f:\n    a\n')).toMatchObject({ kind: 'conflict' })
  })

  test('are the blanks that somebody changed within a line, or it is a conflict', () => {
    expect(merged('s("a  b", memo)\n', 's("a b", memo)\n', 's("a  b", note)\n')).toBe('s("a b", note)\n')
    expect(merged('s("a  b", memo)\n', 's("a b", memo)\n', 't = note\ns("a  b", t)\n')).toMatchObject({
      kind: 'conflict',
    })
  })

  test('is a byte order mark that was put there, and one that was taken away does not come back', () => {
    expect(merged('a\nx\nb\n', '\ufeffa\nx\nB\n', 'A\nx\nb\n')).toBe('\ufeffA\nx\nB\n')
    expect(merged('\ufeffa\nx\nb\n', 'a\nx\nB\n', '\ufeffA\nx\nb\n')).toBe('A\nx\nB\n')
  })
})
