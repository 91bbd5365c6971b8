import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HeadlessClient } from '../../client-shim/client.ts'
import { Project, repository, span } from './workbench.ts'

const tsserver = join(repository, 'node_modules', 'typescript-5', 'lib', 'tsserver.js')
const server = join(repository, 'node_modules', '.bin', 'typescript-language-server')

let project: Project
let client: HeadlessClient

beforeEach(async () => {
  project = new Project()
  project.write({
    'tsconfig.json':
      '{ "compilerOptions": { "strict": true }, "files": ["main.ts", "shapes.ts", "report.ts"] }\n',
    'shapes.ts': [
      'export function area(width: number, height: number): number {',
      '    return width * height;',
      '}',
      '',
      'export const unit = area(1, 1);',
      '',
    ].join('\n'),
    'report.ts': [
      "import { area } from './shapes'",
      '',
      'export const report = () => `the area is ${area(2, 3)}`',
      '',
    ].join('\r\n'),
    'main.ts': "import { area, unit } from './shapes';\n\nconsole.log(area(unit, 2));\n",
  })
  client = await HeadlessClient.start({
    command: [server, '--stdio'],
    folders: [project.root],
    initializationOptions: { tsserver: { path: tsserver } },
    stderr: 'capture',
    timeoutMs: 60_000,
  })
})
afterEach(async () => {
  await client.kill()
  project.dispose()
})

test('a rename over three files, one of them open, reaches the disk', { timeout: 90_000 }, async () => {
  await client.open(project.path('shapes.ts'))
  const outcome = await client.rename(project.path('shapes.ts'), { line: 0, character: 16 }, 'surface', {
    files: 3,
  })
  expect(outcome.applied).toBe(true)
  expect([...outcome.edited].sort()).toEqual(
    ['main.ts', 'report.ts', 'shapes.ts'].map((name) => project.path(name)),
  )
  expect(client.edits).toHaveLength(1)
  expect(project.read()).toMatchObject({
    'shapes.ts':
      'export function surface(width: number, height: number): number {\n    return width * height;\n}\n\nexport const unit = surface(1, 1);\n',
    'report.ts':
      "import { surface } from './shapes'\r\n\r\nexport const report = () => `the area is ${surface(2, 3)}`\r\n",
    'main.ts': "import { surface, unit } from './shapes';\n\nconsole.log(surface(unit, 2));\n",
  })
  expect(await client.shutdown()).toEqual({ code: 0, signal: null })
})

test('“Move to a new file” comes as an applyEdit and reaches the disk', { timeout: 90_000 }, async () => {
  await client.open(project.path('shapes.ts'))
  const isMove = (action: { title: string; kind?: unknown }) => action.kind === 'refactor.move.newFile'
  const action = await client.findCodeAction(project.path('shapes.ts'), span(0, 0, 2, 1), isMove)
  const { edit } = await client.runCodeAction(action)
  expect(edit).toBeUndefined()
  const [received, ...others] = await client.waitForEdits(1)
  expect(others).toEqual([])
  expect(received).toMatchObject({ road: 'workspace/applyEdit', outcome: { applied: true } })
  const files = project.read()
  expect(files['area.ts']).toBe(
    'export function area(width: number, height: number): number {\n    return width * height;\n}\n',
  )
  expect(files['shapes.ts']).toBe('import { area } from "./area";\n\nexport const unit = area(1, 1);\n')
  expect(files['main.ts']).toBe(
    `import { unit } from './shapes';\nimport { area } from "./area";\n\nconsole.log(area(unit, 2));\n`,
  )
  // The server breaks its new line by LF, in a file of CRLF: so does this client.
  expect(files['report.ts']).toBe(
    'import { area } from "./area"\n\r\nexport const report = () => `the area is ${area(2, 3)}`\r\n',
  )
  expect(await client.shutdown()).toEqual({ code: 0, signal: null })
})
