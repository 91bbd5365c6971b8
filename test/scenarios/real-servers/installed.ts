import { spawnSync } from 'node:child_process'
import { describeUnless } from '../../requirements.ts'

export interface Program {
  readonly name: string
  /** Arguments that make it say its version and end. */
  readonly version: readonly string[]
  /** What it has to say then; anything by default. */
  readonly wanted?: RegExp
  /** How to get it, for whoever reads that a test was skipped. */
  readonly install: string
}

/**
 * Describes what holds where programs are installed. Elsewhere it is skipped, in one line that says how to get
 * them; with LSP_WAL_TEST_REQUIRE=all it fails instead.
 */
export function describeWith(programs: readonly Program[], title: string, body: () => void): void {
  const [missing] = programs.filter((program) => !isInstalled(program))
  describeUnless(missing && `${missing.name} (${missing.install})`, title, body)
}

function isInstalled({ name, version, wanted = /./ }: Program): boolean {
  const { error, stdout } = spawnSync(name, version, { encoding: 'utf8', timeout: 20_000 })
  return error === undefined && wanted.test(stdout)
}
