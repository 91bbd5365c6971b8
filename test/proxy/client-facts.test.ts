import { describe, expect, it } from 'vitest'
import { createHasher } from '../../server/edits/hash.ts'
import { clientFactsOf } from '../../server/proxy/client-facts.ts'
import { Machine } from '../disk/machine.ts'

const hasher = await createHasher()
const factsOf = (params: unknown) => {
  const machine = new Machine(hasher)
  machine.run(42)
  return clientFactsOf(params, '/cwd', machine.run().host)
}

describe('workspace folders', () => {
  it.each<[string, unknown, string[]]>([
    [
      'several',
      { workspaceFolders: [{ uri: 'file:///a', name: 'a' }, { uri: 'file:///b%20c' }] },
      ['/a', '/b c'],
    ],
    ['with a slash at the end', { workspaceFolders: [{ uri: 'file:///a/' }] }, ['/a']],
    ['before rootUri', { workspaceFolders: [{ uri: 'file:///a' }], rootUri: 'file:///r' }, ['/a']],
    ['that are no files', { workspaceFolders: [{ uri: 'vscode-vfs://x/a' }], rootUri: 'file:///r' }, ['/r']],
    ['that are malformed', { workspaceFolders: [null, 5, {}], rootUri: 'file:///r' }, ['/r']],
    ['none, but rootUri', { workspaceFolders: null, rootUri: 'file:///r/', rootPath: '/old' }, ['/r']],
    ['none, but rootPath', { rootUri: null, rootPath: '/old/' }, ['/old']],
    ['none at all', { rootUri: null, rootPath: null }, ['/cwd']],
    ['of nothing', undefined, ['/cwd']],
  ])('%s', async (_title, params, folders) => {
    expect((await factsOf(params)).folders).toEqual(folders)
  })
})

describe('the editor', () => {
  it('has a name, a version, and a process with its start', async () => {
    const params = { clientInfo: { name: 'Neovim', version: '0.12' }, processId: 42 }
    expect((await factsOf(params)).editor).toEqual({
      name: 'Neovim',
      version: '0.12',
      pid: 42,
      start: 'start-101',
    })
  })

  it.each<[unknown, number | null]>([
    [{ processId: 43 }, 43],
    [{ processId: null }, null],
    [{ processId: '42' }, null],
    [{ processId: -1 }, null],
    [{ processId: 0 }, null],
    [{ processId: 1.5 }, null],
    [{}, null],
    [null, null],
  ])('of %j may be nobody who runs', async (params, pid) => {
    expect((await factsOf(params)).editor).toEqual({ name: '', version: '', pid, start: null })
  })
})

it.each<[string, unknown, boolean]>([
  ['takes edits', { capabilities: { workspace: { applyEdit: true } } }, false],
  ['takes none', { capabilities: { workspace: { applyEdit: false } } }, true],
  ['does not say', { capabilities: {} }, true],
  [
    'has no screen',
    { clientInfo: { name: 'lsp-wal-headless' }, capabilities: { workspace: { applyEdit: true } } },
    true,
  ],
  ['says nothing', undefined, true],
])('a client that %s is headless: %s', async (_title, params, headless) => {
  expect((await factsOf(params)).headless).toBe(headless)
})
