import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Builds what the scenarios start as real processes: the installed commands, and every fixture of the tests. */
export default async function setup(): Promise<void> {
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  const fixtures = readdirSync(new URL('fixtures', import.meta.url)).filter((name) => name.endsWith('.ts'))
  await build({
    entryPoints: ['test/client-shim/fixture-server.ts', ...fixtures.map((name) => `test/fixtures/${name}`)],
    outbase: 'test',
    outdir: 'test/.build',
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: 'warning',
  })
}
