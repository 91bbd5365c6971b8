import { expect, test } from 'vitest'
import { Stage } from './stage.ts'

test('doctor ends with a server that dies in the middle of a message', async () => {
  using stage = new Stage({ 'a.ts': 'foo\n' })
  const half = 'process.stdout.write("Content-Length: 100\\r\\n\\r\\n{")'
  const { status, stdout } = await stage.lspWal('doctor', '--', process.execPath, '-e', half)
  expect(stdout).toContain('error: it ended with status 0 and no answer')
  expect(status).toBe(1)
})
