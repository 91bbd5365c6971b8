import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'vitest'
import {
  DidOpenTextDocumentNotification,
  DocumentDiagnosticRequest,
  HoverRequest,
  type Position,
  PublishDiagnosticsNotification,
} from 'vscode-languageserver-protocol/node'
import { Conversation } from '../../../client-shim/conversation.ts'
import { within } from '../../../client-shim/deadline.ts'
import { shakeHands } from '../../../client-shim/handshake.ts'
import { type ServerExit, ServerProcess } from '../../../client-shim/server-process.ts'
import { answerServerRequests } from '../../../client-shim/server-requests.ts'
import type { TraceEntry } from '../../../client-shim/wire.ts'
import { asHandedOn, asHandedOnIn } from '../handed-on.ts'
import type { Stage } from '../stage.ts'
import { sessionsIn } from './recorded.ts'
import { optionsFor, PATIENCE_MS, type RealServer, wrapped } from './wrapped-server.ts'

const recordingPipe = fileURLToPath(new URL('../../.build/fixtures/recording-pipe.js', import.meta.url))

type Command = readonly [string, ...string[]]

/** A file to be opened, and where to hover in it. */
export interface Look {
  readonly name: string
  readonly languageId: string
  readonly position: Position
  /** Whether the server says unasked what it thinks of a file; that is waited for, since it comes at any time. */
  readonly pushes: boolean
  /** A linter knows no hovering: it is asked for its findings. */
  readonly linter?: boolean
}

/**
 * Has the same session without an edit twice, straight with the server and through the proxy: the same messages,
 * the same end, the same bytes before and behind the proxy, and nothing left behind; but that a server which makes
 * code actions offers to resolve them, since this client asks for an action's edit when it needs it, and that the
 * proxy's commands stand among the server's. Gives the end.
 */
export async function expectUntouched(stage: Stage, server: RealServer, look: Look): Promise<ServerExit> {
  const files = stage.files()
  const straight = await session(stage, server, server.command, look)
  const behind = recorded(stage, 'behind', server.command)
  const before = recorded(stage, 'before', wrapped(stage, { ...server, command: behind }))
  const through = await session(stage, server, before, look)
  expect(through).toEqual({ ...straight, server: straight.server.map(asHandedOn).sort() })
  expect(recording(stage, 'before.stdin')).toBe(recording(stage, 'behind.stdin'))
  expect(recording(stage, 'before.stdout')).toBe(asHandedOnIn(recording(stage, 'behind.stdout')))
  expect(stage.files()).toEqual(files)
  expect([...sessionsIn(stage.journal, 'live'), ...sessionsIn(stage.journal, 'history')]).toEqual([])
  return straight.exit
}

function recorded(stage: Stage, name: string, command: Command): Command {
  return [process.execPath, recordingPipe, join(stage.folder, name), '--', ...command]
}

function recording(stage: Stage, name: string): string {
  return readFileSync(join(stage.folder, name), 'latin1')
}

interface Session {
  readonly exit: ServerExit
  readonly client: readonly string[]
  readonly server: readonly string[]
}

async function session(stage: Stage, server: RealServer, command: Command, look: Look): Promise<Session> {
  const options = { ...optionsFor(stage, server), command }
  const trace: TraceEntry[] = []
  const child = await ServerProcess.start({
    command,
    cwd: stage.workspace,
    env: options.env,
    stderr: 'capture',
    ownProcessGroup: false,
  })
  const conversation = new Conversation(child, PATIENCE_MS, (entry) => void trace.push(entry))
  const { connection } = conversation
  try {
    answerServerRequests(connection, {
      folders: options.folders,
      configuration: options.configuration ?? {},
      answers: [],
      onRequest: options.onRequest ?? (() => undefined),
      onQuestion: () => {},
    })
    let settled = false
    connection.onNotification(PublishDiagnosticsNotification.type, () => {
      settled = true
      conversation.stirred()
    })
    connection.listen()
    await shakeHands(conversation, options)
    await openAndAsk(conversation, stage, look, () => settled)
    await conversation.askPlainly('shutdown')
    await conversation.tellPlainly('exit')
    // Its stdin stays open: some servers end with another status when they read its end before `exit`.
    const exit = await within(PATIENCE_MS, 'the server to leave', child.ended)
    return { exit, client: saidBy('client', trace), server: saidBy('server', trace) }
  } finally {
    await child.kill()
    connection.dispose()
  }
}

async function openAndAsk(
  conversation: Conversation,
  stage: Stage,
  { name, languageId, position, pushes, linter = false }: Look,
  isSettled: () => boolean,
): Promise<void> {
  const uri = pathToFileURL(stage.path(name)).href
  const text = readFileSync(stage.path(name), 'utf8')
  const textDocument = { uri, languageId, version: 1, text }
  await conversation.tell(DidOpenTextDocumentNotification.type, { textDocument })
  if (pushes) await conversation.waitFor('diagnostics', () => isSettled() || undefined)
  if (linter) {
    const report = await conversation.ask(DocumentDiagnosticRequest.type, { textDocument: { uri } })
    expect(report).toHaveProperty('items')
  } else {
    const hover = await conversation.ask(HoverRequest.type, { textDocument: { uri }, position })
    expect(hover).toHaveProperty('contents')
  }
}

/**
 * What one side has said, each message once, in the order of their texts: servers do several things at a time,
 * so the order is theirs. That the proxy keeps it, the recordings show.
 */
function saidBy(side: TraceEntry['from'], trace: readonly TraceEntry[]): string[] {
  const said = trace.filter(({ from }) => from === side).map(({ message }) => JSON.stringify(message))
  // What servers log of themselves is full of times, and of their progress they tell when it takes long enough;
  // the client's answers go with what it was asked.
  const told = said.filter(
    (text) => !BY_CHANCE.test(text) && (side === 'server' || text.includes('"method"')),
  )
  return [...new Set(told.map(withoutChance))].sort()
}

const BY_CHANCE = /"method":"(window\/logMessage|\$\/progress|window\/workDoneProgress\/create)"/

/** Masks what differs from one run of a server to the next: tokens that it makes up, times, and stack traces. */
function withoutChance(message: string): string {
  return message
    .replace(/"token":"[^"]*"/g, '"token":"…"')
    .replace(/"id":"[0-9a-f-]{36}"/g, '"id":"…"')
    .replace(/"validationTime":\d+/, '"validationTime":…')
    .replace(/\\n {4}at [^"]*/g, '')
}
