import { fileURLToPath } from 'node:url'

/** A command line, and what it needs in its environment. */
export interface Command {
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Something that is put in front of a server. */
export interface Contender {
  readonly name: string
  /** Whether there is a process of its own, to be weighed. */
  readonly isProxy: boolean
  /** What it needs on PATH. */
  readonly program?: string
  wrap(server: readonly string[], journal: string): Command
}

/** What every other is compared with: the least that a relay in Node can be. */
export const FLOOR = 'node-pipe'
/** The server on its own. */
export const NONE = 'none'

/** What all of this is about. */
export const LSP_WAL = 'lsp-wal'

/** The environment variable that holds the server's command. */
const SERVER = 'BENCH_SERVER'
const nodePipe = bundled('node-pipe')

/** Everything that can be put in front of a server, as the columns of the table have it. */
export const CONTENDERS: readonly Contender[] = [
  { name: NONE, isProxy: false, wrap: (server) => ({ argv: server }) },
  { name: FLOOR, isProxy: true, wrap: (server) => ({ argv: [...nodePipe, ...server] }) },
  {
    name: LSP_WAL,
    isProxy: true,
    wrap: (server, journal) => ({
      argv: [...nodeOn('../../../dist/server/main.js'), '--journal', journal, '--', ...server],
    }),
  },
  {
    name: 'socat',
    isProxy: true,
    program: 'socat',
    // Blocks as large as Node's; its own 8 KiB would be slower. The server's command comes by the environment, since
    // socat has a syntax of its own for what stands in an address.
    wrap: (server) => ({
      argv: ['socat', '-b65536', '-', `SYSTEM:eval exec $${SERVER}`],
      env: { [SERVER]: server.map(quoted).join(' ') },
    }),
  },
  ...['vscode-jsonrpc', 'vscode-ws-jsonrpc'].map((name) => {
    const program = bundled(name)
    return { name, isProxy: true, wrap: (server: readonly string[]) => ({ argv: [...program, ...server] }) }
  }),
]

/** The floor once more: as far as its ratios are from 1, the bench cannot tell anything apart. */
export const FLOOR_AGAIN: Contender = {
  name: `${FLOOR} again`,
  isProxy: true,
  wrap: (server) => ({ argv: [...nodePipe, ...server] }),
}

/** The command of the bench's server. */
export const BENCH_SERVER = nodeOn('server.js')
/** The command of what measures the floor of edits. */
export const FLOOR_OF_EDITS = nodeOn('floor.js')

function bundled(name: string): string[] {
  return nodeOn(`contenders/${name}.js`)
}

/** Node on a program, by its place beside this bundle. */
function nodeOn(path: string): string[] {
  return [process.execPath, fileURLToPath(new URL(path, import.meta.url))]
}

function quoted(argument: string): string {
  return `'${argument.replaceAll("'", "'\\''")}'`
}
