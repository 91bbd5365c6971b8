import { writeFileSync } from 'node:fs'
import {
  type CodeAction,
  createConnection,
  type PrepareRenameResult,
  ProposedFeatures,
  ResponseError,
  type ServerCapabilities,
  type TextDocumentContentChangeEvent,
  TextDocumentSyncKind,
  type WorkspaceEdit,
} from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'

/** What a test tells the server to be, as its initializationOptions. */
export interface FixtureOptions {
  readonly capabilities?: Partial<ServerCapabilities>
  /** The answers to renames, one after the other; the last one stays. */
  readonly renames?: readonly (WorkspaceEdit | null | Refusal)[]
  /** What it answers to prepareRename. */
  readonly prepared?: PrepareRenameResult | null
  /** A document that is opened has it load for so long; meanwhile it answers renames with `whileLoading`. */
  readonly loadsMs?: number
  readonly whileLoading?: WorkspaceEdit | null
  /** Written before a rename is answered: path to text. */
  readonly meanwhile?: Readonly<Record<string, string>>
  /** The answers to references: in how many files. */
  readonly references?: readonly number[]
  readonly actions?: readonly CodeAction[]
  /** What a code action is resolved to, by its title. */
  readonly resolved?: Readonly<Record<string, CodeAction>>
  readonly willRename?: WorkspaceEdit
  readonly staysAfterExit?: boolean
}

interface Refusal {
  readonly refuse: { readonly code: number; readonly message: string }
}

const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout)
const seen: { method: string; params: unknown }[] = []
const asked: Record<string, number> = {}
const mirror = new Map<string, TextDocument>()
let options: FixtureOptions = {}
let isLoading = false

connection.onInitialize((params) => {
  seen.push({ method: 'initialize', params })
  options = params.initializationOptions ?? {}
  if (options.staysAfterExit) stay()
  return {
    capabilities: { textDocumentSync: TextDocumentSyncKind.Full, ...options.capabilities },
  }
})

connection.onNotification((method, params) => {
  seen.push({ method, params })
  follow(method, params as FollowedParams)
  if (method === 'textDocument/didOpen' && options.loadsMs !== undefined) void load(options.loadsMs)
})

connection.onRenameRequest(() => {
  for (const [path, text] of Object.entries(options.meanwhile ?? {})) writeFileSync(path, text)
  const answer = isLoading ? (options.whileLoading ?? null) : next('rename', options.renames ?? [null])
  if (answer === null || !('refuse' in answer)) return answer
  return new ResponseError(answer.refuse.code, answer.refuse.message)
})
connection.onPrepareRename(() => options.prepared)
connection.onReferences(({ textDocument }) => {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }
  const files = next('references', options.references ?? [1])
  return Array.from({ length: files }, (_, index) => ({ uri: `${textDocument.uri}.${index}`, range }))
})
connection.onCodeAction(() => [...(options.actions ?? [])])
connection.onCodeActionResolve((action) => {
  asked.resolve = (asked.resolve ?? 0) + 1
  return options.resolved?.[action.title] ?? action
})
connection.onRequest('workspace/willRenameFiles', () => options.willRename ?? null)

connection.onExecuteCommand(async ({ command, arguments: [first, second] = [] }) => {
  switch (command) {
    case 'edit':
      return await connection.sendRequest('workspace/applyEdit', { edit: first, label: second })
    case 'edit step by step': {
      const answers = []
      for (const edit of [first].flat())
        answers.push(await connection.sendRequest('workspace/applyEdit', { edit }))
      return answers
    }
    case 'make and edit':
      writeFileSync(second, '')
      return await connection.sendRequest('workspace/applyEdit', { edit: first })
    case 'edit, note and die': {
      const answer = await connection.sendRequest('workspace/applyEdit', { edit: first })
      writeFileSync(second, JSON.stringify(answer))
      process.kill(process.pid, 'SIGKILL')
      break
    }
    case 'edit later':
      setImmediate(() => void connection.sendRequest('workspace/applyEdit', { edit: first }))
      return null
    case 'ask':
      try {
        return { result: await connection.sendRequest(first, second) }
      } catch (error) {
        return { code: (error as ResponseError<unknown>).code, message: (error as Error).message }
      }
    case 'tell':
      await connection.sendNotification(first, second)
      return null
    case 'seen':
      return seen
    case 'asked':
      return asked
    case 'texts':
      return Object.fromEntries([...mirror].map(([uri, document]) => [uri, document.getText()]))
    case 'say much and leave': {
      const frames = Array.from({ length: first }, (_, index) => {
        const params = { type: 4, message: `line ${index + 1}` }
        const body = JSON.stringify({ jsonrpc: '2.0', method: 'window/logMessage', params })
        return `Content-Length: ${body.length}\r\n\r\n${body}`
      })
      process.stdout.write(frames.join(''), () => process.exit(0))
      return await new Promise(() => {})
    }
    case 'leave':
      process.stderr.write(second)
      process.exit(first)
      break
    case 'hang':
      return await new Promise(() => {})
    case 'talk nonsense':
      process.stdout.write('Content-Length: 5\r\n\r\n{"a":')
      return await new Promise(() => {})
    default:
      return new ResponseError(1, `no command ${command}`)
  }
})

connection.listen()

interface FollowedParams {
  readonly textDocument: { uri: string; languageId: string; version: number; text: string }
  readonly contentChanges: TextDocumentContentChangeEvent[]
}

function follow(method: string, { textDocument, contentChanges }: FollowedParams): void {
  if (method === 'textDocument/didOpen') {
    const { uri, languageId, version, text } = textDocument
    mirror.set(uri, TextDocument.create(uri, languageId, version, text))
  } else if (method === 'textDocument/didChange') {
    TextDocument.update(mirror.get(textDocument.uri)!, contentChanges, textDocument.version)
  } else if (method === 'textDocument/didClose') {
    mirror.delete(textDocument.uri)
  }
}

/** Says what it does, as LSP has it. */
async function load(ms: number): Promise<void> {
  isLoading = true
  const token = 'loading'
  await connection.sendRequest('window/workDoneProgress/create', { token })
  const tell = (value: object) => connection.sendNotification('$/progress', { token, value })
  await tell({ kind: 'begin', title: 'Loading', percentage: 0 })
  setTimeout(() => {
    isLoading = false
    void tell({ kind: 'end' })
  }, ms)
}

function next<T>(what: string, answers: readonly T[]): T {
  const index = asked[what] ?? 0
  asked[what] = index + 1
  return answers[Math.min(index, answers.length - 1)]!
}

/** Neither `exit` nor SIGTERM nor the end of input makes this process leave, for a minute. */
function stay(): void {
  process.on('SIGTERM', () => {})
  process.exit = (() => {}) as never
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 60_000)
}
