import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Stage } from '../stage.ts'
import { Inbox } from './inbox.ts'
import { message } from './messages.ts'
import { type Processes, PUPPET, type Started } from './processes.ts'

/** One side of a session: what it is made to send, and what reaches it. */
export interface Side {
  readonly inbox: Inbox
  /** Resolves when the last chunk has been taken; each is written alone. */
  send(...chunks: readonly Buffer[]): Promise<void>
}

/** What reached a side: the bytes of the other one, and the proxy's own words among them. */
export interface Arrived {
  readonly bytes: Buffer
  readonly own: readonly Own[]
}

export interface Own {
  /** How many bytes of the other side came before it. */
  readonly at: number
  readonly message: OwnMessage
  /** The message as it came. */
  readonly text: string
}

export interface OwnMessage {
  readonly id?: unknown
  readonly method?: string
  readonly params?: { readonly type: number; readonly message: string }
  readonly result?: { readonly applied: boolean; readonly failureReason: string }
}

/** Bytes of a frame with its length in them, so that it is told from the proxy's own. */
const BEGINNING = 20

let sessions = 0
let marks = 0

/** A session both sides of which are the test's. */
export class Session {
  readonly proxy: Started
  readonly editor: Side
  readonly server: Side

  private constructor(proxy: Started, strings: Socket) {
    this.proxy = proxy
    this.editor = {
      inbox: proxy.stdout,
      send: async (...chunks) => {
        for (const chunk of chunks) await taken(proxy.stdin, chunk)
      },
    }
    this.server = {
      inbox: new Inbox(strings),
      send: async (...chunks) => {
        for (const chunk of chunks) await taken(strings, withLength(chunk))
      },
    }
  }

  /** Starts a command around the server whose strings the test holds. */
  static async start(
    stage: Stage,
    processes: Processes,
    around: (server: readonly string[]) => readonly string[] = (server) => stage.wrapped([], server),
  ): Promise<Session> {
    const name = `strings-${process.pid}-${sessions++}`
    const address = process.platform === 'win32' ? `\\\\.\\pipe\\lsp-wal-${name}` : join(stage.folder, name)
    const listener = createServer().listen(address).unref()
    const proxy = processes.start(around([...PUPPET, address]))
    const [strings] = (await once(listener, 'connection')) as [Socket]
    listener.close()
    return new Session(proxy, strings)
  }

  /** What an editor and its server say first. */
  async initialize(stage: Stage): Promise<void> {
    await this.initializeOnly(stage)
    await this.exchange({ fromEditor: [initialized] })
  }

  /** All of that but the editor's last word. */
  async initializeOnly(stage: Stage): Promise<void> {
    await this.exchange({ fromEditor: [initialize(stage)] })
    await this.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
  }

  /** Sends chunks both ways at once, and takes what came of them. */
  async exchange(traffic: {
    readonly fromServer?: readonly Buffer[]
    readonly fromEditor?: readonly Buffer[]
  }): Promise<{ toEditor: Arrived; toServer: Arrived }> {
    const [toEditor, toServer] = await Promise.all([
      pass(this.server, traffic.fromServer ?? [], this.editor),
      pass(this.editor, traffic.fromEditor ?? [], this.server),
    ])
    return { toEditor, toServer }
  }

  /** Tells, once the editor has the beginning of a frame, and so many bytes before it, which edits were recorded. */
  recordedBefore(frame: Buffer, journal: string, behind = 0): () => string[] | undefined {
    const { inbox } = this.editor
    const beginning = frame.subarray(0, BEGINNING)
    let texts: string[] | undefined
    const look = () => {
      if (!inbox.bytes.includes(beginning, behind)) return
      texts = recorded(journal)
      inbox.source.off('data', look)
    }
    inbox.source.on('data', look)
    return () => texts
  }

  /** What the proxy says next to the editor. */
  async words(): Promise<OwnMessage[]> {
    for (;;) {
      const { toEditor } = await this.exchange({})
      if (toEditor.own.length > 0) return toEditor.own.map(({ message }) => message)
    }
  }
}

/** Sends chunks and a last message behind them, and takes what comes up to that. */
export async function pass(from: Side, chunks: readonly Buffer[], to: Side): Promise<Arrived> {
  const mark = message({ method: '$/mark', params: marks++ })
  const [came] = await Promise.all([to.inbox.takeThrough(mark), from.send(...chunks, mark)])
  return apart(came.subarray(0, -mark.length))
}

/** The request, from an editor of that process. */
export function initialize(stage: Stage, processId = process.pid): Buffer {
  return message({
    id: 'initialize',
    method: 'initialize',
    params: {
      processId,
      clientInfo: { name: 'Test Editor' },
      capabilities: { workspace: { applyEdit: true } },
      workspaceFolders: [{ uri: stage.uri('.'), name: 'workspace' }],
    },
  })
}

export const initialized = message({ method: 'initialized', params: {} })

/** An edit that puts `newText` before everything in a file, as most servers write it. */
export function edit(stage: Stage, name: string, newText: string, id = '1'): string {
  const params = editParams(stage.uri(name), newText)
  return `{"jsonrpc":"2.0","id":${id},"method":"workspace/applyEdit","params":${params}}`
}

/** The params of an edit that puts `newText` before everything in a file. */
export function editParams(uri: string, newText: string): string {
  const start = { line: 0, character: 0 }
  return JSON.stringify({ edit: { changes: { [uri]: [{ range: { start, end: start }, newText }] } } })
}

/** The new texts of all edits that are recorded in a journal, in order. */
export function recorded(journal: string): string[] {
  if (!existsSync(journal)) return []
  const logs = readdirSync(journal, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('wal.log'),
  )
  const lines = logs
    .flatMap((log) => readFileSync(join(journal, log), 'utf8').split('\n'))
    .filter((line) => line !== '')
  return lines.flatMap((line) =>
    (JSON.parse(line) as { edits: { NewText: string }[] }).edits.map((edit) => edit.NewText),
  )
}

function taken(stream: Writable, chunk: Buffer): Promise<void> {
  return new Promise((done) => stream.write(chunk, () => done()))
}

function withLength(chunk: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(chunk.length)
  return Buffer.concat([length, chunk])
}

/** How every text of the proxy's own begins; no other message of the tests holds it. */
const OWN = '"lsp-wal:'

/** Takes the proxy's own messages out of what came. */
function apart(came: Buffer): Arrived {
  const bytes: Buffer[] = []
  const own: Own[] = []
  let from = 0
  let at = 0
  for (let said = came.indexOf(OWN); said >= 0; said = came.indexOf(OWN, from)) {
    const start = came.lastIndexOf('Content-Length: ', said)
    const body = came.indexOf('\r\n\r\n', start) + 4
    const end = body + Number(/\d+/.exec(came.toString('latin1', start, body))?.[0])
    bytes.push(came.subarray(from, start))
    at += start - from
    const text = came.toString('utf8', body, end)
    own.push({ at, text, message: JSON.parse(text) as OwnMessage })
    from = end
  }
  return { bytes: Buffer.concat([...bytes, came.subarray(from)]), own }
}
