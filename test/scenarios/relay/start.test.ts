import { mkdirSync } from 'node:fs'
import { describe } from 'vitest'
import { report } from './messages.ts'
import { FAULT_SERVER, test } from './processes.ts'

describe.concurrent('a server that cannot be started', () => {
  test.for([
    ['that does not exist', 'no-such-server'],
    ['that is a folder', './folder'],
    ['that is not executable', './plain.txt'],
  ] as const)(
    '%s: exit 127, and a line that says command, folder and PATH',
    async ([, command], { stage, processes, expect }) => {
      mkdirSync(stage.path('folder'))
      stage.write('plain.txt', 'text\n')
      const proxy = processes.start(stage.wrapped([], [command, '--stdio']), {
        ...process.env,
        PATH: '/bin:/a b',
      })
      expect(await proxy.ended).toBe(127)
      expect((await proxy.stdout.takeAll()).toString()).toBe('')
      const said = (await proxy.stderr.takeAll()).toString()
      expect(said).toMatch(/^lsp-wal: [^\n]*\n$/)
      for (const fact of [`${command} --stdio`, stage.workspace, '/bin:/a b']) expect(said).toContain(fact)
    },
  )
})

describe.concurrent('the arguments behind `--`', () => {
  test.for([
    [['--version', '--stdio', '--clientProcessId=1']],
    [['', ' ', 'a b', '', '--', '-', '--journal', 'x', '--help']],
    [
      [
        '"',
        "'",
        `it's "quoted"`,
        '\\',
        '\\"',
        'a\\',
        '$HOME',
        '`x`',
        '%PATH%',
        '^',
        '&',
        '|',
        '*',
        '~',
        '#',
        ';',
        '!',
      ],
    ],
    [['日本語', '😀', 'tab\there', 'line\nend', '-e', '{"a":[1]}']],
  ])('%j reach the server as they are', async ([args], { stage, processes, expect }) => {
    const proxy = processes.start(stage.wrapped([], [...FAULT_SERVER, 'arguments', ...args!]))
    await proxy.announced()
    expect(await proxy.stdout.takeAll()).toEqual(report(args))
    expect(await proxy.ended).toBe(0)
  })
})
