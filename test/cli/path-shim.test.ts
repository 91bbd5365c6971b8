import { expect, test } from 'vitest'
import { serverBehind } from '../../server/cli/path-shim.ts'

const programs: Readonly<Record<string, string>> = {
  '/links/gopls': '/lib/lsp-wal/main.js',
  '/more/gopls': '/lib/lsp-wal/main.js',
  '/bin/gopls': '/opt/gopls',
  '/sbin/gopls': '/opt/older-gopls',
}
const realPath = (path: string) => programs[path]

test.each([
  ['/links:/more:/bin:/sbin', '/bin/gopls'],
  ['/sbin:/links', '/sbin/gopls'],
  ['relative::/nowhere:/bin', '/bin/gopls'],
])('in %s the server is %s', (PATH, expected) => {
  expect(serverBehind('/links/gopls', { PATH }, realPath)).toBe(expected)
})

test('the environment may name it', () => {
  const variables = { PATH: '/bin', LSP_WAL_SERVER: '/opt/own' }
  expect(serverBehind('/links/gopls', variables, realPath)).toBe('/opt/own')
})

test('where there is none but this program, that is said', () => {
  expect(() => serverBehind('/links/gopls', { PATH: '/links:/more' }, realPath)).toThrow(
    'called as gopls, and no other program of that name is in PATH; its path may be given by LSP_WAL_SERVER',
  )
  expect(() => serverBehind('/links/gopls', {}, realPath)).toThrow(/called as gopls/)
})
