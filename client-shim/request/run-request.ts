import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ResponseError } from 'vscode-jsonrpc/node'
import {
  type CreateFile,
  PositionEncodingKind,
  PrepareRenameRequest,
  type PrepareRenameResult,
  type Range,
  RenameRequest,
  type WorkspaceEdit,
} from 'vscode-languageserver-protocol/node'
import { changesOf, urisOf } from '../apply-edit.ts'
import { HeadlessClient } from '../client.ts'
import { DeadlineError, within } from '../deadline.ts'
import { type OpenDocument, pathOf } from '../documents.ts'
import type { HeadlessOptions } from '../options.ts'
import { ServerEndedError } from '../server-process.ts'
import { wantedAction } from './actions.ts'
import type { Answer } from './answer.ts'
import { removeEmptyFilesMade } from './made-by-server.ts'
import { Patience } from './patience.ts'
import type { Request } from './request.ts'
import { NoSuchSpot, rangeOf } from './spot.ts'
import { nameAt } from './word.ts'

/** What every way to an answer works with. */
export interface Asking {
  readonly client: HeadlessClient
  readonly patience: Patience
  readonly request: Request
  readonly document: OpenDocument
  readonly range: Range
}

/**
 * Starts the server, asks, and gives what it answers; nothing is written by this client. Once nobody waits for the
 * answer any more (`gone`) the server is ended, and there is none. `tell` hears what the server says of its work.
 */
export async function runRequest(
  request: Request,
  options: Pick<HeadlessOptions, 'command' | 'env'>,
  gone: Promise<undefined>,
  tell: (progress: string) => void,
): Promise<Answer | undefined> {
  const began = new Date()
  let client: HeadlessClient | undefined
  let answer: Answer | undefined
  try {
    client = await HeadlessClient.start({ ...options, ...startOf(request), onProgress: tell })
    answer = await Promise.race([answerOf(client, request), gone])
  } catch (error) {
    answer = refusalOf(error, client?.serverName ?? basename(options.command[0]))
  }
  if (client === undefined) return answer
  // However the server leaves, it leaves: the answer is there.
  await within(LEAVE_MS, 'the server to leave', client.shutdown()).catch(() => client.kill())
  const touched = client.edits.flatMap(({ edit }) => urisOf(edit)).filter((uri) => uri.startsWith('file:'))
  const removed = await removeEmptyFilesMade([...new Set(touched.map(pathOf))], began)
  return answer?.answer === 'edit' && removed.length > 0 ? withMade(answer, removed) : answer
}

/** The same with files made by the edit that its server had made for it. */
function withMade(answer: Extract<Answer, { answer: 'edit' }>, paths: readonly string[]): Answer {
  const made = paths.map((path): CreateFile => ({ kind: 'create', uri: pathToFileURL(path).href }))
  return {
    ...answer,
    edit: { ...answer.edit, documentChanges: [...made, ...changesOf(answer.edit)] },
    texts: answer.texts.filter(({ uri }) => !paths.includes(pathOf(uri))),
  }
}

const LEAVE_MS = 3_000

function startOf({ folders, configuration, initializationOptions, timeoutMs }: Request) {
  return {
    folders,
    ...(configuration !== undefined && { configuration }),
    ...(initializationOptions !== undefined && { initializationOptions }),
    stderr: 'capture',
    holdsEdits: true,
    timeoutMs,
    exitPauseMs: 1_000,
  } as const
}

function refusalOf(error: unknown, server: string): Answer {
  if (error instanceof NoSuchSpot) return { answer: 'usage', reason: error.message }
  const reason = error instanceof Error ? error.message : String(error)
  const isServers =
    error instanceof ResponseError || error instanceof DeadlineError || error instanceof ServerEndedError
  return { answer: 'refused', reason: isServers ? `${server}: ${reason}` : reason }
}

async function answerOf(client: HeadlessClient, request: Request): Promise<Answer> {
  const document = await client.open(request.path)
  const encoding = client.serverCapabilities.positionEncoding ?? PositionEncodingKind.UTF16
  const range = rangeOf(request, document, encoding)
  const patience = new Patience(client, request.timeoutMs, request.settleMs)
  const asking = { client, patience, request, document, range }
  const found =
    request.want.what === 'rename'
      ? await renameEdit(asking, request.want)
      : await wantedAction(asking, request.want)
  if ('answer' in found) return found
  const edit = together(found.edits)
  if (urisOf(edit).length === 0)
    return { answer: 'refused', reason: `${found.label}: the server has no edit for it` }
  const texts = [...client.textsRead].map(([uri, text]) => ({ uri, text }))
  const server = client.serverName
  return { answer: 'edit', server, label: found.label, edit, encoding, texts }
}

/** Edits to be carried out, and what they are called. */
export interface Found {
  readonly label: string
  readonly edits: readonly WorkspaceEdit[]
}

async function renameEdit(
  { client, patience, request, document, range: { start: position } }: Asking,
  { newName, files = 0 }: Extract<Request['want'], { what: 'rename' }>,
): Promise<Found | Answer> {
  const place = `${request.path}:${request.start?.line ?? 1}:${request.start?.column ?? 1}`
  const { renameProvider } = client.serverCapabilities
  if (!renameProvider) return { answer: 'refused', reason: `${client.serverName} renames nothing` }
  const textDocument = { uri: document.uri }
  const nothing = `${client.serverName} has nothing to rename at ${place}`
  let prepared: PrepareRenameResult | null | undefined
  if (typeof renameProvider === 'object' && renameProvider.prepareProvider) {
    prepared = await patience.ask(`an answer about ${place}`, {
      ask: (timeoutMs) => client.ask(PrepareRenameRequest.type, { textDocument, position }, timeoutMs),
      isNo: (answer) => answer === null,
    })
    if (prepared === null) return { answer: 'refused', reason: nothing }
  }
  let covered = 0
  const edit = await patience.ask(files > 0 ? `a rename in ${files} files` : `a rename at ${place}`, {
    ask: async (timeoutMs) => {
      const edit = await client.ask(RenameRequest.type, { textDocument, position, newName }, timeoutMs)
      covered = edit === null ? 0 : urisOf(edit).length
      return edit
    },
    isNo: () => covered < Math.max(1, files),
    until: files > 0 ? 'yes' : 'sure',
  })
  if (edit === null || covered === 0) return { answer: 'refused', reason: nothing }
  const old = nameAt(document, position, client.serverCapabilities.positionEncoding, prepared)
  const label = old === undefined ? `Rename to \`${newName}\`` : `Rename \`${old}\` → \`${newName}\``
  return { label, edits: [edit] }
}

/** One edit that does what all of them do, one after the other. */
function together(edits: readonly WorkspaceEdit[]): WorkspaceEdit {
  const documentChanges = edits.flatMap(changesOf).map((change) =>
    // The versions are those of this client's buffers, which have been compared.
    'kind' in change ? change : { ...change, textDocument: { uri: change.textDocument.uri, version: null } },
  )
  const changeAnnotations = Object.assign({}, ...edits.map((edit) => edit.changeAnnotations ?? {}))
  return { documentChanges, ...(Object.keys(changeAnnotations).length > 0 && { changeAnnotations }) }
}
