import { describe, expect, test } from 'vitest'
import { wrapOptions } from '../../server/cli/wrap-options.ts'

describe('globs of files that are kept out of the log', () => {
  test('come from the environment and from options, in this order', () => {
    const { exclude } = wrapOptions(['--exclude', '!.env.example', '--exclude=*.pem'], {
      LSP_WAL_EXCLUDE: '**/.env*,secrets/**,',
    })
    expect(exclude).toEqual(['**/.env*', 'secrets/**', '!.env.example', '*.pem'])
    expect(wrapOptions([], {}).exclude).toEqual([])
  })

  test.each(['', '  ', '# secrets'])('are not taken where they would match nothing: "%s"', (glob) => {
    expect(() => wrapOptions(['--exclude', glob], {})).toThrow(
      `--exclude takes a glob such as '**/.env*': not '${glob}'`,
    )
  })
})

describe('the limits of the history', () => {
  test('are 14 days and 512 MiB', () => {
    expect(wrapOptions([], {}).limits).toEqual({ keepMs: 1_209_600_000, maxBytes: 536_870_912 })
  })

  test('are those of the options, else those of the environment', () => {
    const variables = { LSP_WAL_KEEP: '2w', LSP_WAL_MAX_SIZE: 'none' }
    expect(wrapOptions(['--keep', '12h'], variables).limits).toEqual({
      keepMs: 43_200_000,
      maxBytes: Number.POSITIVE_INFINITY,
    })
    expect(wrapOptions(['--max-size', '0'], variables).limits).toEqual({ keepMs: 1_209_600_000, maxBytes: 0 })
    expect(() => wrapOptions([], { LSP_WAL_KEEP: '14' })).toThrow('LSP_WAL_KEEP takes a time such as')
  })
})
