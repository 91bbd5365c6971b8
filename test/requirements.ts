import { describe, test } from 'vitest'

/** How the want of what cannot be installed begins. */
export const LEAVE = 'leave to'
/** And of what is in no package that the tests' machines could install. */
export const UNPACKAGED = 'what no package has:'

/**
 * Describes what holds where everything that it needs is there. Elsewhere it is skipped, in one line that says what
 * is missing and how to get it; with LSP_WAL_TEST_REQUIRE=all it fails instead, with =installable where it could be
 * installed: what a machine gives nobody leave to do is not to be had. What no package has is required by neither.
 */
export function describeUnless(missing: string | undefined, title: string, body: () => void): void {
  if (missing === undefined) {
    describe(title, body)
    return
  }
  const skipped = `${title}, for want of ${missing}`
  if (missing.startsWith(UNPACKAGED)) {
    process.stderr.write(`skipped: ${skipped}\n`)
    test.skip(skipped)
    return
  }
  const required = process.env.LSP_WAL_TEST_REQUIRE
  if (required === 'all' || (required === 'installable' && !missing.startsWith(LEAVE))) {
    test(title, () => {
      throw new Error(`LSP_WAL_TEST_REQUIRE=${required}, but skipped: ${skipped}`)
    })
    return
  }
  process.stderr.write(`skipped: ${skipped}\n`)
  describe.skip(skipped, body)
}
