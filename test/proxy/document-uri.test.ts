import { describe, expect, it } from 'vitest'
import { pathOfUri, uriOfPath } from '../../server/proxy/document-uri.ts'

describe.skipIf(process.platform === 'win32')('a path', () => {
  it.each<[string, string, string]>([
    ['plain', 'file:///p/a.ts', '/p/a.ts'],
    ['with a percent-encoded colon', 'file:///p/c%3A/a%3Ab.ts', '/p/c:/a:b.ts'],
    ['with an encoded slash', 'file:///p%2Fa.ts', '/p/a.ts'],
    ['with a colon', 'file:///p/c:/a:b.ts', '/p/c:/a:b.ts'],
    ['with an encoded space', 'file:///p/a%20b.ts', '/p/a b.ts'],
    ['with a space', 'file:///p/a b.ts', '/p/a b.ts'],
    ['with an encoded hash', 'file:///p/c%23/a.ts', '/p/c#/a.ts'],
    ['with an encoded question mark', 'file:///p/a%3Fb.ts', '/p/a?b.ts'],
    ['with an encoded percent sign', 'file:///p/100%25.ts', '/p/100%.ts'],
    ['with an encoded backslash', 'file:///p/a%5Cb.ts', '/p/a\\b.ts'],
    ['with brackets, encoded or not', 'file:///p/[id]/%5Bid%5D.ts', '/p/[id]/[id].ts'],
    ['with letters encoded that need not be', 'file:///%70/%61.ts', '/p/a.ts'],
    ['with digits of either case', 'file:///p/%c3%A9.ts', '/p/é.ts'],
    ['with letters that need encoding and have none', 'file:///p/é漢😀.ts', '/p/é漢😀.ts'],
    ['with a scheme in capitals', 'FILE:///p/a.ts', '/p/a.ts'],
    ['with one slash', 'file:/p/a.ts', '/p/a.ts'],
    ['of this machine by name', 'file://localhost/p/a.ts', '/p/a.ts'],
    ['with a slash at its end', 'file:///p/src/', '/p/src'],
    ['with two slashes in a row', 'file:///p//src//a.ts', '/p/src/a.ts'],
    ['with dots', 'file:///p/./q/../a.ts', '/p/a.ts'],
    ['with a query and a fragment', 'file:///p/a.ts?x#L1', '/p/a.ts'],
    ['of the root', 'file:///', '/'],
  ])('%s', (_title, uri, path) => {
    expect(pathOfUri(uri)).toBe(path)
  })

  it.each<[string, unknown]>([
    ['another scheme', 'untitled:Untitled-1'],
    ['another scheme that looks like a path', 'zipfile:///p/a.zip::a.ts'],
    ['a scheme that begins alike', 'filesystem:///p/a.ts'],
    ['no scheme', '/p/a.ts'],
    ['a foreign host', 'file://server/share/a.ts'],
    ['escapes that are no UTF-8', 'file:///p/caf%E9.ts'],
    ['an escape that is none', 'file:///p/100%.ts'],
    ['no URI at all', 'file://['],
    ['nothing', ''],
    ['no text', 5],
    ['null', null],
    ['undefined', undefined],
  ])('is none of this machine: %s', (_title, uri) => {
    expect(pathOfUri(uri)).toBeUndefined()
  })

  it.each(['/p/a b.ts', '/p/c#/d?/100%.ts', '/p/é漢😀.ts', '/p/c:/a\\b.ts', '/p/[id].ts', '/p/a\nb'])(
    'comes back from its own URI: %j',
    (path) => {
      expect(pathOfUri(uriOfPath(path))).toBe(path)
    },
  )
})
