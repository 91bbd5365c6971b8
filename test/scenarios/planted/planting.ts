import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeHost } from '../../../server/disk/node-host.ts'
import type { Intent } from '../../../server/journal/intent.ts'
import { rootAt } from '../../../server/journal/root.ts'
import { Session } from '../../../server/journal/session.ts'
import { Machine } from '../../disk/machine.ts'
import { intentOf, replaced } from '../../journal/intents.ts'
import { hasher } from '../../journal/logs.ts'
import { blindStart } from '../blind-start.ts'
import { type Ended, LSP_WAL, run, Stage } from '../stage.ts'

/** A workspace, a folder beside it that nobody may touch, and a journal with a session that somebody planted. */
export class Planted extends Stage {
  readonly outside = join(this.folder, 'outside')
  readonly session = '20260101T000000Z-00000000'

  constructor() {
    super({ 'a.ts': 'old\n', 'b.ts': 'old\n' })
    mkdirSync(this.outside)
    writeFileSync(join(this.outside, 'victim'), 'old\n')
  }

  /** The session's folder, or a file of it. */
  at(name = ''): string {
    return join(this.journal, 'live', this.session, name)
  }

  /** A session that died after it had recorded that these paths, which hold "old", are to hold "new". */
  plantReplacing(...paths: readonly string[]): Promise<void> {
    return this.plant(
      intentOf(
        'cafe',
        paths.map((path) => replaced(path, 'old\n', 'new\n')),
      ),
    )
  }

  /** `says`: what its `session.json` says in place of the truth. */
  async plant(intent: Intent, says: object = {}, journal = this.journal): Promise<void> {
    const program = new Machine(hasher).run()
    const start = { folders: [this.workspace], server: ['server'], editor: null }
    const session = new Session(program, rootAt('/j'), start, (problem) => {
      throw problem
    })
    await session.append({ ...intent, facts: new Map() })
    const folder = join(journal, 'live', this.session)
    for (const each of [join(journal, 'history'), folder]) mkdirSync(each, { recursive: true, mode: 0o700 })
    const { name, machine, boot } = nodeHost(process)
    const info = {
      ...(JSON.parse((await program.disk.read(join(session.folder, 'session.json'))).toString()) as object),
      session: this.session,
      host: name,
      machine,
      boot,
      pid: 2 ** 22, // none is as high (proc(5), pid_max)
      socket: join(folder, 'socket'),
      ...says,
    }
    writeFileSync(join(folder, 'session.json'), JSON.stringify(info), { mode: 0o600 })
    const log = await program.disk.read(join(session.folder, 'wal.log'))
    writeFileSync(join(folder, 'wal.log'), log, { mode: 0o600 })
  }

  /** A start in this workspace, and then the command for whoever knows better. */
  async startAndFinish(journal = this.journal): Promise<Ended> {
    const status = await blindStart(this, journal, ['--recover', 'replay']).ended
    if (status !== 0) throw new Error(`the proxy ended with ${status}`)
    return this.command(journal, 'recover', '--finish')
  }

  command(journal: string, ...args: readonly string[]): Promise<Ended> {
    return run([...LSP_WAL, ...args, '--journal', journal], this.workspace)
  }
}
