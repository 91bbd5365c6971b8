import { describe, test } from 'vitest'

/**
 * Describes what holds where everything that it needs is there. Elsewhere it is skipped, in one line that says what
 * is missing and how to get it; with LSP_WAL_TEST_REQUIRE=all it fails instead.
 */
export function describeUnless(missing: string | undefined, title: string, body: () => void): void {
  if (missing === undefined) {
    describe(title, body)
    return
  }
  const skipped = `${title}, for want of ${missing}`
  if (process.env.LSP_WAL_TEST_REQUIRE === 'all') {
    test(title, () => {
      throw new Error(`LSP_WAL_TEST_REQUIRE=all, but skipped: ${skipped}`)
    })
    return
  }
  process.stderr.write(`skipped: ${skipped}\n`)
  describe.skip(skipped, body)
}
