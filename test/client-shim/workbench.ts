import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type { Range, TextEdit } from 'vscode-languageserver-protocol/node'
import { HeadlessClient } from '../../client-shim/client.ts'
import type { HeadlessOptions } from '../../client-shim/options.ts'
import type { FixtureOptions } from './fixture-server.ts'

export const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Bundles the entries into a folder of their own; gives the scripts' paths, in the same order. */
export async function bundle(folder: string, ...entries: string[]): Promise<string[]> {
  await build({
    entryPoints: entries.map((entry) => join(repository, entry)),
    outdir: folder,
    outbase: repository,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'warning',
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  })
  return entries.map((entry) => join(folder, entry.replace(/\.ts$/, '.mjs')))
}

/** A throw-away folder; `dispose` removes it. Real, so that no server spells it differently. */
export class Project {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'headless-')))

  /** Latin-1 texts, so that a test can write every byte: `\xef\xbb\xbf` is a BOM. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true })
      writeFileSync(this.path(name), bytes, 'latin1')
    }
  }

  /** Every file and its bytes; a folder without files ends in `/`. */
  read(): Record<string, string> {
    const files: Record<string, string> = {}
    const walk = (folder: string) => {
      const entries = readdirSync(folder, { withFileTypes: true })
      const name = relative(this.root, folder).replaceAll('\\', '/')
      if (entries.length === 0 && name !== '') files[`${name}/`] = ''
      for (const entry of entries) {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) walk(path)
        else files[relative(this.root, path).replaceAll('\\', '/')] = readFileSync(path, 'latin1')
      }
    }
    walk(this.root)
    return files
  }

  path(name: string): string {
    return join(this.root, name)
  }

  uri(name: string): string {
    return pathToFileURL(this.path(name)).href
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** Starts a client on the fixture server. */
export async function startOn(
  project: Project,
  server: string,
  fixture: FixtureOptions = {},
  options: Partial<HeadlessOptions> = {},
): Promise<HeadlessClient> {
  return await HeadlessClient.start({
    command: [process.execPath, server, '--stdio'],
    folders: [project.root],
    initializationOptions: fixture,
    stderr: 'capture',
    timeoutMs: 10_000,
    ...options,
  })
}

/** An edit within one line. */
export function replace(line: number, from: number, to: number, newText: string): TextEdit {
  return { range: span(line, from, line, to), newText }
}

export function span(line: number, from: number, endLine: number, to: number): Range {
  return { start: { line, character: from }, end: { line: endLine, character: to } }
}
