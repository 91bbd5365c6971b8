import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { missingRoot } from '../disk/mounts.ts'
import { describeUnless } from '../requirements.ts'
import { place } from './place.ts'

const NOBODY = 65534

let w: string
let a: string

beforeEach(() => {
  w = realpathSync(mkdtempSync(join(tmpdir(), 'lsp-wal-test-')))
  a = join(w, 'a')
  writeFileSync(a, 'old')
  chownSync(w, NOBODY, NOBODY)
  chownSync(a, NOBODY, NOBODY)
})

afterEach(() => rmSync(w, { recursive: true }))

/** Does something with the rights of a user who has none. */
async function asNobody(act: () => Promise<void>): Promise<void> {
  process.setegid!(NOBODY)
  process.seteuid!(NOBODY)
  try {
    await act()
  } finally {
    process.seteuid!(0)
    process.setegid!(0)
  }
}

const replace = () => asNobody(() => place(w, { path: a, before: 'old', after: 'new' }))
const remove = () => asNobody(() => place(w, { path: a, before: 'old', after: undefined }))
const make = () => asNobody(() => place(w, { path: join(w, 'b'), before: undefined, after: 'made' }))
const text = () => readFileSync(a, 'utf8')

describeUnless(missingRoot(), 'as a user with the usual rights', () => {
  it('a file that may not be written is never forced, though its folder would allow it', async () => {
    chownSync(a, 0, 0)
    const refused = `${a} may not be written by this user`
    await expect(replace()).rejects.toThrow(refused)
    await expect(remove()).rejects.toThrow(refused)
    chownSync(a, NOBODY, NOBODY)
    chmodSync(a, 0o444)
    await expect(replace()).rejects.toThrow(`${a} is read-only`)
    await expect(remove()).rejects.toThrow(`${a} is read-only`)
    expect([text(), readdirSync(w)]).toEqual(['old', ['a']])
  })

  it('somebody else’s file that may be written keeps its owner and its mode', async () => {
    chownSync(a, 0, 0)
    chmodSync(a, 0o666)
    await replace()
    const { uid, mode } = statSync(a)
    expect([text(), uid, mode & 0o777]).toEqual(['new', 0, 0o666])
    expect(readdirSync(w)).toEqual(['a'])
  })

  it('in a sticky folder somebody else’s file is written in place', async () => {
    chownSync(w, 0, 0)
    chmodSync(w, 0o1777)
    chownSync(a, 0, NOBODY)
    chmodSync(a, 0o666)
    await replace()
    expect([text(), statSync(a).uid]).toEqual(['new', 0])
    expect(readdirSync(w)).toEqual(['a'])
    await expect(asNobody(() => place(w, { path: a, before: 'new', after: undefined }))).rejects.toThrow(
      `cannot remove ${a}: EPERM`,
    )
  })

  it('in a folder that may not be written a file is replaced, and none made or removed', async () => {
    chownSync(w, 0, 0)
    chmodSync(w, 0o755)
    await replace()
    expect(text()).toBe('new')
    await expect(make()).rejects.toThrow('EACCES')
    writeFileSync(a, 'old')
    await expect(remove()).rejects.toThrow(`cannot remove ${a}: EACCES`)
    expect(readdirSync(w)).toEqual(['a'])
  })

  it('in a folder that may not be read a file is replaced, and none made or removed', async () => {
    chmodSync(w, 0o333)
    await replace()
    expect(text()).toBe('new')
    writeFileSync(a, 'old')
    await expect(make()).rejects.toThrow(`${w} may not be read`)
    await expect(remove()).rejects.toThrow(`${w} may not be read`)
    expect(readdirSync(w)).toEqual(['a'])
  })

  it('in a folder that may not be entered nothing is done', async () => {
    chmodSync(w, 0o666)
    await expect(replace()).rejects.toThrow('EACCES')
    expect([text(), readdirSync(w)]).toEqual(['old', ['a']])
  })

  it('a folder that may not be written takes no new one', async () => {
    mkdirSync(join(w, 'sub'))
    const path = join(w, 'sub', 'deep', 'b')
    await expect(asNobody(() => place(w, { path, before: undefined, after: 'made' }))).rejects.toThrow(
      `cannot make folder ${join(w, 'sub', 'deep')}: EACCES`,
    )
  })
})
