import { defineConfig } from 'vitest/config'

/** The tests of this folder, and the table of them. */
export default defineConfig({
  test: {
    include: ['test/scenarios/real-servers/*.test.ts'],
    globalSetup: ['test/build.ts', 'test/scenarios/real-servers/table-file.ts'],
    testTimeout: 30_000,
  },
})
