import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run, Stage } from './stage.ts'

const FIXTURE = join(import.meta.dirname, '../.build/fixtures/replace-many.js')

test.skipIf(process.platform === 'win32')(
  'where few files may be open at a time, those of an edit are written all the same',
  async () => {
    const count = 200
    using stage = new Stage(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}/f`, 'old'])))
    // Node takes about 25 for itself; beside them each folder is one, and each file.
    const limited = ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh']
    const command = [...limited, process.execPath, FIXTURE, stage.workspace, String(count)]
    const ended = await run(command, stage.folder)
    expect(ended).toEqual({ status: 0, stdout: '[]\n', stderr: '' })
    expect(new Set(Object.values(stage.files()))).toEqual(new Set(['new']))
    expect(Object.keys(stage.files())).toHaveLength(count)
  },
)
