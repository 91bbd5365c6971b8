import { chmodSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UsageError } from '../../server/cli/command.ts'
import { doctor } from '../../server/cli/doctor/doctor.ts'
import type { Finding, Section } from '../../server/cli/doctor/finding.ts'
import { roadFindings } from '../../server/cli/doctor/roads.ts'
import { id, NEOVIM, type Outcome, PROGRAMS, replacing, Workplace } from './workplace.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const variables = { PATH: process.env.PATH, HOME: process.env.HOME }
const run = (...args: string[]) => place.run(doctor, args, { variables })
const findings = ({ out }: Outcome, title: string): readonly Finding[] =>
  (JSON.parse(out) as Section[]).find((section) => section.title.startsWith(title))!.findings
const texts = (all: readonly Finding[]) => all.map(({ level, text }) => `${level}: ${text}`)

/** A server that answers `initialize` with this, or does what the script says. */
function server(script: string): string[] {
  writeFileSync(place.path('server.mjs'), script)
  return ['--', process.execPath, place.path('server.mjs')]
}

const answering = (result: object) => `
  let text = ''
  process.stdin.on('data', (chunk) => {
    text += chunk
    for (let end; (end = text.indexOf('\\r\\n\\r\\n')) >= 0; ) {
      const length = Number(/\\d+/.exec(text)[0])
      if (text.length < end + 4 + length) return
      const { id, method } = JSON.parse(text.slice(end + 4, end + 4 + length))
      text = text.slice(end + 4 + length)
      if (method === 'exit') process.exit(0)
      if (id === undefined) continue
      const body = JSON.stringify({ jsonrpc: '2.0', id, result: method === 'initialize' ? ${JSON.stringify(result)} : null })
      process.stdout.write('Content-Length: ' + Buffer.byteLength(body) + '\\r\\n\\r\\n' + body)
    }
  })`

describe('lsp-wal doctor', () => {
  it('finds a sound set-up sound', async () => {
    const { exit, out } = await run()
    expect(exit).toBe(0)
    expect(out).toContain('✓ Node.js 20.0.0')
    expect(out).toContain(`✓ the journal is ${place.root.path}`)
    expect(out).toContain('✓ it is written to durably')
    expect(out).toContain('✓ it takes sockets')
    expect(out).not.toContain('error')
  })

  it('finds a Node.js that is too old', async () => {
    const programs = { ...PROGRAMS, nodeVersion: '18.20.4' }
    const done = await place.run(doctor, ['--json'], { variables, programs })
    expect(done.exit).toBe(1)
    expect(findings(done, 'Machine')[0]).toMatchObject({ level: 'error', text: 'Node.js 18.20.4 at ' })
  })

  it('finds a journal that cannot be where it is to be', async () => {
    const done = await place.run(doctor, ['--json'], { variables, cwd: place.folder })
    expect(done.exit).toBe(1)
    expect(findings(done, 'Journal')).toEqual([
      {
        level: 'error',
        text: expect.stringContaining(place.root.path),
        advice: 'choose another folder: --journal, or $LSP_WAL_DIR',
      },
    ])
  })

  it('tells what waits, and which editors run', async () => {
    await place.session(async (scribe) => {
      const intent = await scribe.intent(id('aa'), {
        'a.ts': replacing('a\n', 'a', 'b'),
        'b.ts': replacing('a\n', 'a', 'b'),
      })
      await scribe.land(intent, 'a.ts')
    })
    await place.running(
      async (scribe) => void (await scribe.landed(id('bb'), { 'c.ts': replacing('a\n', 'a', 'b') })),
    )
    expect(texts(findings(await run('--json'), 'History'))).toEqual([
      'ok: 2 edits recorded in this folder',
      'warning: 1 edit waiting to be recovered',
      `ok: ${NEOVIM.name} ${NEOVIM.version} runs with /usr/bin/rust-analyzer, in ${place.project}`,
    ])
  })

  it('asks a server what it can do', async () => {
    const result = {
      capabilities: { textDocumentSync: 2, renameProvider: {} },
      serverInfo: { name: 'Some', version: '1.2' },
    }
    const done = await run('--json', ...server(answering(result)))
    expect(done.exit).toBe(0)
    expect(texts(findings(done, 'Server'))).toEqual([
      `ok: found at ${process.execPath}`,
      'ok: it answers, and calls itself Some 1.2',
      'ok: it renames: recorded before the editor sees it',
      'ok: it has no commands: edits that it sends itself (workspace/applyEdit) are recorded',
    ])
  })

  it.each([
    [
      'leaves',
      'console.error("an Error: no\\n  at x.js:7"); process.exit(7)',
      'it ended with status 7 and no answer: an Error: no',
    ],
    [
      'talks nonsense',
      'process.stdout.write("hello\\n\\n"); process.stdin.on("end", () => process.exit(0)); setTimeout(() => process.exit(3), 300)',
      'it ended with status 3 and no answer: hello',
    ],
    [
      'leaves before it can be told anything',
      'process.kill(process.pid, "SIGKILL")',
      'it ended with SIGKILL and no answer',
    ],
    [
      'is none, but sends back what it is told',
      'process.stdin.pipe(process.stdout)',
      'it sends back what it is told: it is no language server',
    ],
  ])('says of a server that %s what it did', async (_, script, problem) => {
    const done = await run('--json', ...server(script))
    expect(done.exit).toBe(1)
    expect(findings(done, 'Server').at(-1)).toMatchObject({ level: 'error', text: problem })
  })

  it('says of one that is not there that it is not', async () => {
    expect(texts(findings(await run('--json', '--', 'no-such-server'), 'Server'))).toEqual([
      'error: no-such-server is not in PATH',
    ])
    expect(texts(findings(await run('--json', '--', './x'), 'Server'))).toEqual([
      'error: there is no file ./x',
    ])
  })

  it('says why one that is there cannot be started', async () => {
    writeFileSync(place.path('x'), '#!/no/such/program\n')
    expect(findings(await run('--json', '--', './x'), 'Server')).toEqual([
      { level: 'error', text: './x may not be executed', advice: 'chmod +x ./x' },
    ])
    chmodSync(place.path('x'), 0o755)
    expect(texts(findings(await run('--json', '--', './x'), 'Server'))).toEqual([
      'ok: found at ./x',
      'error: it cannot be started: what its first line names is not there',
    ])
    expect(texts(findings(await run('--json', '--', '../project'), 'Server'))).toEqual([
      'error: ../project is no file',
    ])
  })

  it('says of gopls which one it is, and not all that Go knows of its build', async () => {
    const version = JSON.stringify({ GoVersion: 'go1.24', Version: 'v0.16.1' })
    const result = { capabilities: {}, serverInfo: { name: 'gopls', version } }
    expect(texts(findings(await run('--json', ...server(answering(result))), 'Server'))[1]).toBe(
      'ok: it answers, and calls itself gopls v0.16.1',
    )
  })

  it('finds an environment in which no server starts', async () => {
    const done = await place.run(doctor, ['--json'], {
      variables: { ...variables, LSP_WAL_KEEP: 'for ever' },
    })
    expect(done.exit).toBe(1)
    expect(findings(done, 'Machine')).toContainEqual({
      level: 'error',
      text: expect.stringMatching(/^in the environment: LSP_WAL_KEEP/),
      advice: 'correct it: no server starts like this',
    })
  })

  it('refuses what it does not know', async () => {
    await expect(run('gopls')).rejects.toBeInstanceOf(UsageError)
    await expect(run('--')).rejects.toThrow('no server after `--`')
    await expect(run('--', '')).rejects.toThrow('no server after `--`')
  })
})

describe('what a server can do means', () => {
  it.each<[string, object, string]>([
    ['no renaming', {}, 'ok: it does not rename: nothing to record'],
    [
      'actions that it resolves',
      { codeActionProvider: { resolveProvider: true } },
      'ok: it has code actions, and resolves them: ',
    ],
    ['commands', { executeCommandProvider: { commands: ['a', 'b'] } }, 'ok: it has 2 commands: '],
    [
      'files',
      { workspace: { fileOperations: { willRename: {}, didRename: {} } } },
      'ok: it is asked before files change (willRename)',
    ],
    [
      'formatting',
      { documentFormattingProvider: true },
      'ok: it formats: recorded only with --journal-formatting',
    ],
    ['no text', { textDocumentSync: { openClose: true } }, 'warning: it is not told what is typed'],
    ['notebooks', { notebookDocumentSync: {} }, 'warning: it edits notebooks'],
  ])('%s', (_, capabilities, expected) => {
    expect(texts(roadFindings(capabilities as never)).some((text) => text.startsWith(expected))).toBe(true)
  })
})
