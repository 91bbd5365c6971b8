import { expect, it } from 'vitest'
import { recover } from '../../server/cli/recover.ts'
import { undo } from '../../server/cli/undo.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { Machine } from '../disk/machine.ts'
import { error } from '../disk/memory-disk.ts'
import { intentOf, replaced } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'

const root = rootAt('/j/lsp-wal')

it.each([
  ['recover', recover, []],
  ['recover of one', recover, ['01']],
  ['undo', undo, []],
])(
  '%s does not say that nothing is there where a dead session cannot be taken over',
  async (_, command, args) => {
    const machine = new Machine(hasher)
    machine.platter.put('/w/a', 'new')
    machine.platter.put('/w/b', 'old')
    const dead = machine.run()
    const session = new Session(dead, root, { folders: ['/w'], server: ['server'], editor: null }, () => {})
    const torn = intentOf('01'.repeat(4), [replaced('/w/a', 'old', 'new'), replaced('/w/b', 'old', 'new')])
    await session.append({ ...torn, facts: new Map() })
    machine.kill(dead)

    const env = machine.run()
    // The journal is on a disk that was mounted read-only since.
    env.disk.plan = ({ name }) => (name === 'makeFolder' ? error('EROFS') : undefined)
    let [out, err] = ['', '']
    const ended = command(
      {
        env,
        root,
        cwd: '/w',
        programs: { node: '', nodeVersion: '', lspWal: [], headless: [] },
        variables: {},
        out: (text) => (out += text),
        err: (text) => (err += text),
        progress: () => {},
        colour: false,
        width: undefined,
      },
      args,
    )
    await expect(ended).rejects.toThrow('what a dead session left could not be taken over')
    expect(out).toBe('')
    expect(err).toContain('EROFS')
    expect(machine.platter.tree('/w')).toEqual({ a: 'new', b: 'old' })
  },
)
