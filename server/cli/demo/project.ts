import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const ROOMS = ['wall', 'floor', 'roof', 'door', 'window', 'table', 'shelf', 'garden', 'pool', 'fence']

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "house", "private": true, "type": "module" }\n',
  'tsconfig.json':
    '{ "compilerOptions": { "strict": true, "noEmit": true, "module": "esnext", "moduleResolution": "bundler", "target": "es2022", "types": [] }, "include": ["src"] }\n',
  'src/area.ts': `/** Square metres. */
export function area(width: number, height: number): number {
  return width * height
}
`,
  ...Object.fromEntries(
    ROOMS.map((room) => [
      `src/${room}.ts`,
      `import { area } from './area'\n\nexport const ${room} = (width: number) => area(width, 2)\n`,
    ]),
  ),
  'src/house.ts': `${ROOMS.map((room) => `import { ${room} } from './${room}'\n`).join('')}import { area } from './area'

const rooms = [${ROOMS.join(', ')}]
export const total = rooms.map((room) => room(3)).reduce((sum, room) => sum + room, area(4, 2))
`,
}

/** Where the refactoring of the demo is asked for: the function's name in `src/area.ts`. */
export const REFACTORING = {
  path: 'src/area.ts',
  range: { start: { line: 1, character: 0 }, end: { line: 1, character: 20 } },
  kind: '/^refactor.rewrite.export.default$/',
  files: ROOMS.length + 2,
}

/** Writes a TypeScript project of a dozen source files that all import one function. */
export async function writeProject(folder: string): Promise<void> {
  await mkdir(join(folder, 'src'), { recursive: true })
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text)
}

/** Every source file's bytes, by name. */
export async function readSources(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(join(folder, 'src'))).sort()
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, 'src', name))] as const)),
  )
}

/** The names of the files that are not the same in both. */
export function differences(a: ReadonlyMap<string, Buffer>, b: ReadonlyMap<string, Buffer>): string[] {
  const names = new Set([...a.keys(), ...b.keys()])
  return [...names].filter((name) => !(a.get(name)?.equals(b.get(name) ?? Buffer.alloc(0)) && b.has(name)))
}
