import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { describeUnless, UNPACKAGED } from '../../requirements.ts'
import { keep } from './rows.ts'
import type { RealServer } from './wrapped-server.ts'

export interface Program {
  readonly name: string
  /** Arguments that make it say its version and end; none: that it is there will do. */
  readonly version?: readonly string[]
  /** What it has to say then; anything by default. */
  readonly wanted?: RegExp
  /** How to get it, for whoever reads that a test was skipped. */
  readonly install: string
  /** It is in no package: what needs it is skipped even where everything is required. */
  readonly unpackaged?: true
}

/**
 * Describes what holds where programs are installed. Elsewhere it is skipped, in one line that says how to get
 * them; with LSP_WAL_TEST_REQUIRE=all it fails instead, but for want of what no package has.
 */
export function describeWith(programs: readonly Program[], title: string, body: () => void): void {
  const [missing] = programs.filter((program) => !isInstalled(program))
  if (missing !== undefined) keep({ missing: missing.name })
  const wanted = missing && `${missing.name} (${missing.install})`
  describeUnless(missing?.unpackaged ? `${UNPACKAGED} ${wanted}` : wanted, title, body)
}

export function isInstalled({ name, version, wanted = /./ }: Program): boolean {
  if (version === undefined) return fileOf(name) !== undefined
  const { error, stdout } = spawnSync(name, version, { encoding: 'utf8', timeout: 20_000 })
  return error === undefined && wanted.test(stdout)
}

/** The version of a server that is there: as it says itself, or as its npm package does. */
export function versionOf({ command, version }: RealServer): string {
  const file = fileOf(command[0])!
  if (version !== undefined)
    return /\d+(\.\d+)+/.exec(spawnSync(file, version, { encoding: 'utf8' }).stdout)?.[0] ?? ''
  const above = (folder: string): string => {
    const path = join(folder, 'package.json')
    const own = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { version?: string }) : {}
    return own.version ?? above(dirname(folder))
  }
  return above(dirname(realpathSync(file)))
}

/** Where a command is; undefined: nowhere on PATH. */
function fileOf(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => resolve(folder, name)).find((path) => existsSync(path))
}
