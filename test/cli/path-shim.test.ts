import { describe, expect, test } from 'vitest'
import { installedProgram, serverBehind } from '../../server/cli/path-shim.ts'

describe('the server behind a link or a copy', () => {
  const others = ['/bin/gopls', '/sbin/gopls', '/opt/own']
  const isAnother = (path: string) => others.includes(path)

  test.each([
    ['/links:/more:/bin:/sbin', '/bin/gopls'],
    ['/sbin:/links', '/sbin/gopls'],
    ['relative::/nowhere:/bin', '/bin/gopls'],
  ])('in %s is %s', (PATH, expected) => {
    expect(serverBehind('/links/gopls', { PATH }, isAnother)).toBe(expected)
  })

  test('may be named by the environment', () => {
    const variables = { PATH: '/bin', LSP_WAL_SERVER: '/opt/own' }
    expect(serverBehind('/links/gopls', variables, isAnother)).toBe('/opt/own')
  })

  test('is missed where there is none but this program', () => {
    expect(() => serverBehind('/links/gopls', { PATH: '/links:/more' }, isAnother)).toThrow(
      'called as gopls, and no other program of that name is in PATH; its path may be given by LSP_WAL_SERVER',
    )
    expect(() => serverBehind('/links/gopls', {}, isAnother)).toThrow(/called as gopls/)
  })
})

describe('the installed program', () => {
  const programs: Readonly<Record<string, string>> = {
    '/copies/lsp-wal': '/copies/lsp-wal',
    '/links/lsp-wal': '/copies/lsp-wal',
    '/bin/lsp-wal': '/lib/lsp-wal/dist/server/main.js',
  }
  const realPath = (path: string) => programs[path]

  test('is behind the first lsp-wal in PATH that is no copy', () => {
    expect(installedProgram({ PATH: '/nowhere:/copies:/links:/bin' }, realPath)).toBe(
      '/lib/lsp-wal/dist/server/main.js',
    )
  })

  test('may be missing', () => {
    expect(installedProgram({ PATH: '/copies:/links' }, realPath)).toBeUndefined()
    expect(installedProgram({}, realPath)).toBeUndefined()
  })
})
