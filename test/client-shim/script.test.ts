import { expect, test } from 'vitest'
import { parseScript } from '../../client-shim/script.ts'

test('a script is read with its paths made absolute', () => {
  const script = parseScript(
    JSON.stringify({
      folders: ['.', '/other'],
      savePolicy: { first: 2 },
      steps: [
        { open: 'src/a.ts' },
        { rename: { path: 'src/a.ts', line: 1, character: 2, newName: 'sum', files: 3 } },
        {
          codeAction: {
            path: '/p/a.ts',
            range: { start: { line: 0, character: 0 }, end: { line: 4, character: 1 } },
            title: '/^Move to a new/i',
            kind: 'refactor.move',
          },
        },
        { executeCommand: { command: 'x.y', arguments: [1, null] } },
        { save: 'all' },
        { save: 'all.ts' },
        { waitForMessage: 'undone .* files' },
        { waitForDiagnostics: { path: 'a.ts', count: 0 } },
        { shutdown: true },
      ],
    }),
    '/project',
  )
  expect(script).toEqual({
    folders: ['/project', '/other'],
    savePolicy: { first: 2 },
    steps: [
      { act: 'open', path: '/project/src/a.ts' },
      {
        act: 'rename',
        path: '/project/src/a.ts',
        position: { line: 1, character: 2 },
        newName: 'sum',
        files: 3,
      },
      {
        act: 'codeAction',
        path: '/p/a.ts',
        range: { start: { line: 0, character: 0 }, end: { line: 4, character: 1 } },
        title: /^Move to a new/i,
        kind: 'refactor.move',
      },
      { act: 'executeCommand', command: 'x.y', arguments: [1, null] },
      { act: 'save' },
      { act: 'save', path: '/project/all.ts' },
      { act: 'waitForMessage', pattern: /undone .* files/ },
      { act: 'waitForDiagnostics', path: '/project/a.ts', count: 0 },
      { act: 'shutdown' },
    ],
  })
})

test('a script without folders is about the working directory', () => {
  expect(parseScript('{"steps": []}', '/project').folders).toEqual(['/project'])
})

const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }

test.each([
  ['{', /^the script is not JSON: /],
  ['[]', 'script: expected an object, not []'],
  ['{}', 'script: steps is missing'],
  [{ steps: [], stops: [] }, 'script: nothing is called stops'],
  [{ steps: {} }, 'script.steps: expected a list, not {}'],
  [
    { steps: [], savePolicy: 'some' },
    'script.savePolicy: expected "never", "all" or {"first": n}, not "some"',
  ],
  [{ steps: [], folders: [1] }, 'script.folders[0]: expected a path, not 1'],
  [
    { steps: [{ jump: 1 }] },
    /^script\.steps\[0\]: expected one of open, rename, codeAction, .*, not \{"jump":1\}$/,
  ],
  [{ steps: [{ toString: 1 }] }, /^script\.steps\[0\]: expected one of/],
  [{ steps: [{ open: 'a', save: 'a' }] }, /^script\.steps\[0\]: expected one of/],
  [{ steps: [{ open: '' }] }, 'script.steps[0].open: expected a path, not ""'],
  [
    { steps: [{ rename: { path: 'a', line: 0, newName: 'b' } }] },
    'script.steps[0].rename: character is missing',
  ],
  [
    { steps: [{ rename: { path: 'a', line: 1.5, character: 0, newName: 'b' } }] },
    'script.steps[0].rename.line: expected a number from 0 on, not 1.5',
  ],
  [
    { steps: [{ codeAction: { path: 'a', range } }] },
    /^script\.steps\[0\]\.codeAction: expected a title or a kind/,
  ],
  [
    { steps: [{ codeAction: { path: 'a', range, title: '/(/' } }] },
    'script.steps[0].codeAction.title: expected a text or a /regular expression/, not "/(/"',
  ],
  [
    { steps: [{ waitForMessage: '(' }] },
    'script.steps[0].waitForMessage: expected a regular expression, not "("',
  ],
  [{ steps: [{ shutdown: false }] }, 'script.steps[0].shutdown: expected true, not false'],
])('a script is refused with its place: %j', (script, message) => {
  const json = typeof script === 'string' ? script : JSON.stringify(script)
  expect(() => parseScript(json, '/project')).toThrow(message)
})
