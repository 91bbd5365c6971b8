import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Disk, DiskFile } from '../../server/disk/disk.ts'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { nodeHost } from '../../server/disk/node-host.ts'
import { createHasher } from '../../server/edits/hash.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { nowMs } from './measurement.ts'

const SESSIONS = 200
const EDITS = 50
const FILES = 4
const DAY_MS = 24 * 60 * 60 * 1000
const TURNS = 15
const MAIN = fileURLToPath(new URL('../../../dist/server/main.js', import.meta.url))

/** A disk that forgets nothing and promises nothing: ten thousand syncs are not what is measured. */
const unsynced: Disk = {
  ...nodeDisk,
  syncFolder: () => Promise.resolve(),
  open: async (path, how, mode) => withoutSync(await nodeDisk.open(path, how, mode)),
}

function withoutSync(file: DiskFile): DiskFile {
  return new Proxy(file, {
    get: (_, name: keyof DiskFile) => {
      const member: unknown = file[name]
      if (name === 'sync') return () => Promise.resolve()
      return typeof member === 'function' ? (member.bind(file) as unknown) : member
    },
  })
}

/** Two weeks of work: sessions one after the other, and in each edits of some files. */
async function writeHistory(folder: string): Promise<void> {
  const hasher = await createHasher()
  const root = rootAt(join(folder, 'journal'))
  const project = join(folder, 'project')
  mkdirSync(project)
  const text = Buffer.from(`${'const total = sum(1, 2)\n'.repeat(80)}`)
  const after = Buffer.from(text.toString().replace('total', 'result'))
  const edits = [{ start: 6, end: 11, text: 'result' }]
  const editor = { name: 'Neovim', version: '0.11', pid: null, start: null }
  for (let n = 0; n < SESSIONS; n++) {
    const begun = Date.now() - (SESSIONS - n) * ((13 * DAY_MS) / SESSIONS)
    const env = { disk: unsynced, hasher, host: { ...nodeHost(process), now: () => new Date(begun) } }
    const session = new Session(env, root, { folders: [project], server: ['gopls'], editor }, console.error)
    for (let i = 0; i < EDITS; i++) {
      const paths = Array.from({ length: FILES }, (_, file) => join(project, `src/${n}/${file}.ts`))
      const images = paths.map(
        (path) =>
          ({ path, before: text, after: { kind: 'file', bytes: after }, source: path, edits }) as const,
      )
      const at = new Date(begun + i * 60_000).toISOString()
      const about = {
        at,
        session: session.id,
        road: 'textDocument/rename',
        label: 'Rename `total` → `result`',
        server: 'gopls',
      }
      const id = env.host.random(16)
      await session.append({
        id,
        images,
        facts: new Map(),
        folders: { made: [], removed: [] },
        foreign: false,
        about,
      })
      session.note({ id, at, event: 'landed' })
    }
    await session.end()
    const last = new Date(begun + EDITS * 60_000)
    for (const file of ['wal.log', 'outcomes.log'])
      utimesSync(join(root.history, session.id, file), last, last)
  }
}

function timed(folder: string, args: readonly string[]): number {
  const begin = nowMs()
  const { status } = spawnSync(process.execPath, args, {
    cwd: join(folder, 'project'),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error(`${args.join(' ')}: ${status}`)
  return nowMs() - begin
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1]!

const folder = mkdtempSync(join(tmpdir(), 'lsp-wal-history-'))
try {
  await writeHistory(folder)
  const log = [MAIN, 'log', '--journal', join(folder, 'journal'), '-n']
  const [node, newest]: [number[], number[]] = [[], []]
  for (let turn = 0; turn < TURNS; turn++) {
    node.push(timed(folder, ['-e', '0']))
    newest.push(timed(folder, [...log, '20']))
  }
  const all = timed(folder, [...log, '0'])
  const ratio = newest.map((ms, i) => ms / node[i]!)
  process.stdout.write(
    `${SESSIONS * EDITS} edits in ${SESSIONS} sessions; medians of ${TURNS} turns\n` +
      `node -e 0         ${median(node).toFixed(0)} ms\n` +
      `lsp-wal log -n 20 ${median(newest).toFixed(0)} ms, ${median(ratio).toFixed(2)} × Node's own start (goal: < 2)\n` +
      `lsp-wal log -n 0  ${all.toFixed(0)} ms, once\n`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
