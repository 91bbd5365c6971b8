import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { describeUnless } from '../requirements.ts'
import { missingProgram } from './mounts.ts'

let folder: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'lsp-wal-test-')))
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const file = (name: string): string => {
  const path = join(folder, name)
  writeFileSync(path, '')
  return path
}

const set = (path: string, name: string, value: string) =>
  execFileSync('setfattr', ['-n', name, '-v', value, path])

/** Only this program is found from now on. */
function only(program: 'python3' | undefined): void {
  if (program !== undefined) {
    const real = execFileSync(program, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' })
    symlinkSync(real.trim(), join(folder, program))
  }
  vi.stubEnv('PATH', folder)
}

describeUnless(missingProgram('setfattr', 'setfacl', 'python3'), 'what files carry', () => {
  it.each([
    ['getfattr', () => {}],
    ['Python, where there is no getfattr', () => only('python3')],
  ])(
    'is told by %s: equal where it is equal, whatever the names and the order',
    async (_program, prepare) => {
      const [plain, one, other, third] = ['-e', 'a\nb', 'back\\012 é "x"', '# file: c'].map(file) as [
        string,
        string,
        string,
        string,
      ]
      set(one, 'user.a', '1')
      set(one, 'user.b', '2\n\n# file: x')
      set(other, 'user.b', '2\n\n# file: x')
      set(other, 'user.a', '1')
      execFileSync('setfacl', ['-m', 'u:1234:r', third])
      prepare()
      const told = await nodeDisk.attributesOf([plain, one, other, third, one])
      expect(told).not.toContain(undefined)
      expect(told[1]).toBe(told[2])
      expect(told[1]).toBe(told[4])
      expect(new Set(told).size).toBe(3)
    },
  )

  it('is told of as many files as there are', async () => {
    const paths = Array.from({ length: 3000 }, (_, i) => file(`${'long'.repeat(40)}${i}`))
    set(paths[2999]!, 'user.a', '1')
    const told = await nodeDisk.attributesOf(paths)
    expect(told).toHaveLength(3000)
    expect(new Set(told.slice(0, 2999))).toEqual(new Set(['']))
    expect(told[2999]).toContain('user.a')
  })

  it('is not known where no program can tell, or one of the files is gone', async () => {
    const paths = [file('a'), join(folder, 'gone')]
    expect(await nodeDisk.attributesOf(paths)).toEqual([undefined, undefined])
    only(undefined)
    expect(await nodeDisk.attributesOf(paths.slice(0, 1))).toEqual([undefined])
  })
})
