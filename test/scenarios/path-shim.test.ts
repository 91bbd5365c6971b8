import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { HeadlessClient } from '../../client-shim/client.ts'
import { FIXTURE_SERVER, LSP_WAL, run, Stage } from './stage.ts'

/** A program called `some-ls`, and in front of it in PATH a link of that name to this one. */
function linked(stage: Stage): { readonly link: string; readonly path: string } {
  const [links, programs] = [join(stage.folder, 'links'), join(stage.folder, 'programs')]
  mkdirSync(links)
  mkdirSync(programs)
  const server = join(programs, 'some-ls')
  const command = FIXTURE_SERVER.map((part) => `'${part}'`).join(' ')
  writeFileSync(
    server,
    `#!/bin/sh\n[ "$1" = --version ] && echo some-ls 1.2 && exit 3\nexec ${command} "$@"\n`,
  )
  chmodSync(server, 0o755)
  chmodSync(LSP_WAL[1]!, 0o755)
  symlinkSync(LSP_WAL[1]!, join(links, 'some-ls'))
  return { link: join(links, 'some-ls'), path: [links, programs, process.env.PATH].join(delimiter) }
}

test.skipIf(process.platform === 'win32')('a link called like a server is that server, wrapped', async () => {
  using stage = new Stage({ 'a.ts': 'foo\n' })
  const { link, path } = linked(stage)
  const environment = { PATH: path, LSP_WAL_DIR: stage.journal }
  const client = await HeadlessClient.start({
    command: [
      '/usr/bin/env',
      ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      link,
      '--stdio',
    ],
    folders: [stage.workspace],
  })
  try {
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
    await client.executeCommand('edit', [{ changes: { [stage.uri('a.ts')]: [{ range, newText: 'bar' }] } }])
    await client.idle()
    expect(stage.files()).toEqual({ 'a.ts': 'bar\n' })
  } finally {
    await client.shutdown()
  }
  expect((await stage.lspWal('undo')).status).toBe(0)
  expect(stage.files()).toEqual({ 'a.ts': 'foo\n' })

  const version = await run(['/usr/bin/env', `PATH=${path}`, link, '--version'], stage.workspace)
  expect(version).toEqual({ status: 3, stdout: 'some-ls 1.2\n', stderr: '' })
})

test.skipIf(process.platform === 'win32')(
  'one that is its own server comes to an end, and says so',
  async () => {
    using stage = new Stage({})
    const { link, path } = linked(stage)
    const environment = [`PATH=${path}`, `LSP_WAL_DIR=${stage.journal}`, `LSP_WAL_SERVER=${link}`]
    const { status, stderr } = await run(['/usr/bin/env', ...environment, link], stage.workspace)
    expect(status).toBe(2)
    expect(stderr).toContain(`the server ${link} starts lsp-wal again and again, and no server of its own`)
  },
)

test.skipIf(process.platform === 'win32')('one behind which there is no server says so', async () => {
  using stage = new Stage({})
  const { link } = linked(stage)
  const node = join(process.execPath, '..')
  const { status, stderr } = await run(['/usr/bin/env', `PATH=${node}:/usr/bin:/bin`, link], stage.workspace)
  expect(status).toBe(2)
  expect(stderr).toContain('called as some-ls, and no other program of that name is in PATH')
})
