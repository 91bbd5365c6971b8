import { expect, it } from 'vitest'
import { createHasher } from '../../server/edits/hash.ts'
import { clientFactsOf } from '../../server/proxy/client-facts.ts'
import { kakouneOf } from '../../server/proxy/kakoune.ts'
import { Machine } from '../disk/machine.ts'

const machine = new Machine(await createHasher())

async function found(name: string, variables: Record<string, string>, ...sockets: string[]) {
  const { host } = machine.run()
  const client = await clientFactsOf({ clientInfo: { name } }, '/p', host)
  return kakouneOf(client, variables, { ...host, hasSocket: (address) => sockets.includes(address) })
}

const HERE = { kak_session: 'main', XDG_RUNTIME_DIR: '/run/user/1', USER: 'me' }

it('finds the socket of the Kakoune that has started kakoune-lsp', async () => {
  const socket = '/run/user/1/kakoune/main'
  expect(await found('kakoune-lsp', HERE, socket)).toBe(socket)
  const temporary = '/tmp/kakoune-me/main'
  expect(await found('kakoune-lsp', HERE, temporary)).toBe(temporary)
  expect(
    await found('kakoune-lsp', { kak_session: 'main', USER: 'me', TMPDIR: '/t/' }, '/t/kakoune-me/main'),
  ).toBe('/t/kakoune-me/main')
})

it('finds none where it is another one, or another editor', async () => {
  expect(await found('kakoune-lsp', HERE, '/run/user/1/kakoune/other')).toBeUndefined()
  expect(await found('kakoune-lsp', { USER: 'me' }, '/tmp/kakoune-me/main')).toBeUndefined()
  // From a shell of Kakoune's another editor may be started.
  expect(await found('Neovim', HERE, '/run/user/1/kakoune/main')).toBeUndefined()
  const up = { ...HERE, kak_session: '../socket' }
  expect(await found('kakoune-lsp', up, '/run/user/1/kakoune/../socket')).toBeUndefined()
})
