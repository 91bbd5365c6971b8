import { expect, it } from 'vitest'
import { textOfSnippet } from '../../server/proxy/snippet.ts'

it.each<[string, string]>([
  ['plain', 'plain'],
  ['', ''],
  ['let $1 = $0;', 'let  = ;'],
  ['let ${1} = 1;', 'let  = 1;'],
  ['let ${0:name} = ${1:1 + ${2:two}};', 'let name = 1 + two;'],
  ['${1:name}($1, ${1:other})', 'name(name, other)'],
  ['$1 before ${1:name}', 'name before name'],
  ['a \\$1 \\} \\\\ {b}', 'a $1 } \\ {b}'],
  ['\\n', '\\n'],
  ['fn ${0:f}() {\n    1\n}', 'fn f() {\n    1\n}'],
  ['${1:a${2:b}}$2', 'abb'],
])('a snippet is inserted as its text: %s', (snippet, text) => {
  expect(textOfSnippet(snippet)).toBe(text)
})

it.each([
  '$TM_FILENAME',
  '${name:x}',
  '${1|a,b|}',
  '${1/a/b/}',
  '${1:open',
  '$',
  '${',
  '${1:$TM_X}',
  '${1:$1}',
  '${1:$2}${2:$1}',
  '${1:a${2:b}}$1',
  `${'${1:'.repeat(100_000)}x${'}'.repeat(100_000)}`,
])('what a snippet is inserted as depends on its editor, or is not worth knowing: %#', (snippet) => {
  expect(textOfSnippet(snippet)).toBeUndefined()
})
