import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { Stage } from '../stage.ts'
import { difference, frame } from './messages.ts'
import { BARE_PIPE, Processes } from './processes.ts'
import { editParams, type Own, recorded, Session } from './session.ts'

/** How many times as much as usual is tried. */
const SCALE = Number(process.env.LSP_WAL_TEST_RUNS ?? 1)
const RUNS = 400 * SCALE
const LIMIT_MS = 40_000 * SCALE

const FILES = ['a.ts', 'lib/b.ts']
const stage = new Stage(Object.fromEntries(FILES.map((name) => [name, 'one\ntwo\n'])))
const processes = new Processes(stage.workspace)

// What either side writes.

interface Written {
  readonly bytes: Buffer
  /** The new text of the edit that it is. */
  readonly edit?: string
}

const HEADS: readonly ((length: number) => string)[] = [
  (n) => `Content-Length: ${n}\r\n\r\n`,
  (n) => `Content-Length:${n}\r\n\r\n`,
  (n) => `content-length: ${n} \r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n`,
  (n) => `Content-Type: x\r\nX: \r\nCONTENT-LENGTH:\t${n}\r\n\r\n`,
  (n) => `Content-Length: ${n}\n\n`,
]

const SPELLINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify(JSON.parse(text), null, 1),
  (text) => `\r\n${text}\t`,
  (text) => text.replaceAll('/', '\\/'),
  (text) => text.replaceAll('method', 'm\\u0065thod'),
  (text) => `\ufeff${text}`,
]

const inFrames = (message: fc.Arbitrary<object>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(message, fc.boolean(), fc.constantFrom(...SPELLINGS), fc.constantFrom(...HEADS))
    .map(([fields, backwards, spelling, head]) => {
      const entries = Object.entries({ jsonrpc: '2.0', ...fields })
      const text = JSON.stringify(Object.fromEntries(backwards ? entries.reverse() : entries))
      return frame(spelling(text), head)
    })

const id = fc.oneof(fc.nat(9), fc.string({ maxLength: 3 }), fc.constant(null), fc.constant(2 ** 53))
const method = fc.constantFrom('$/progress', 'textDocument/hover', 'workspace/configuration', 'x', '')
const value = fc.oneof(
  { weight: 20, arbitrary: fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' }) },
  { weight: 1, arbitrary: fc.nat(2 ** 20).map((length) => 'x'.repeat(length)) },
)
const code = fc.integer()

const messages = inFrames(
  fc.oneof(
    fc.record({ id, method, params: value }),
    fc.record({ method, params: value }),
    fc.record({ id, result: value }),
    fc.record({ id, error: fc.record({ code, message: fc.string(), data: value }) }),
  ),
)

const noMessages = fc
  .oneof(
    fc.string(),
    fc.json().map((text) => text.slice(1)),
    fc.json().map((text) => text.slice(0, -1)),
  )
  .map((text) => frame(text))

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ maxLength: 200 }).map((text) => Buffer.from(`${text}\n`)),
  fc
    .constantFrom('\r\n', 'Content-Length: ', 'Content-Type: x\r\n', 'up\r\n\r\n', '{}')
    .map((text) => Buffer.from(text)),
  fc.nat(2 ** 18).map((length) => Buffer.alloc(length, 'noise ')),
)

const anything = fc
  .oneof(
    { weight: 8, arbitrary: messages },
    { weight: 1, arbitrary: noMessages },
    { weight: 1, arbitrary: noise },
  )
  .map((bytes): Written => ({ bytes }))

const uri = fc.constantFrom(...FILES.map((name) => stage.uri(name)))

const edits = fc.record({ uri, id, newText: fc.string({ minLength: 1 }) }).chain((of) => {
  const params = JSON.parse(editParams(of.uri, of.newText)) as object
  const request = { id: of.id, method: 'workspace/applyEdit', params }
  return inFrames(fc.constant(request)).map((bytes): Written => ({ bytes, edit: of.newText }))
})

/** What makes the proxy look closer: documents, and answers to edits. */
const looked = inFrames(
  fc.oneof(
    fc.record({ uri, text: fc.string(), version: fc.nat(9) }).chain(({ uri, text, version }) => {
      const textDocument = { uri, version, languageId: 'typescript', text }
      return fc.constantFrom<object>(
        { method: 'textDocument/didOpen', params: { textDocument } },
        { method: 'textDocument/didChange', params: { textDocument, contentChanges: [{ text }] } },
        { method: 'textDocument/didSave', params: { textDocument } },
        { method: 'textDocument/didClose', params: { textDocument } },
      )
    }),
    fc.record({ id, result: fc.constant({ applied: true }) }),
  ),
).map((bytes): Written => ({ bytes }))

const fromServer = fc.array(fc.oneof({ weight: 9, arbitrary: anything }, { weight: 1, arbitrary: edits }), {
  maxLength: 12,
})
const fromEditor = fc.array(fc.oneof({ weight: 3, arbitrary: anything }, { weight: 1, arbitrary: looked }), {
  maxLength: 12,
})
const offsets = fc.array(fc.nat(), { maxLength: 12 })

function cut(written: readonly Written[], at: readonly number[]): Buffer[] {
  const bytes = Buffer.concat(written.map((each) => each.bytes))
  const ends = at.map((offset) => offset % (bytes.length + 1)).sort((a, b) => a - b)
  return [0, ...ends].map((from, i) => bytes.subarray(from, ends[i] ?? bytes.length))
}

// The two ways that it goes.

interface Pair {
  readonly proxied: Session
  readonly piped: Session
}

let pair: Promise<Pair> | undefined
/** Whether a run has left its pair in the middle of something. */
let isInUse = false
let sentEdits: string[] = []
let words: Own[] = []

async function start(): Promise<Pair> {
  const proxied = await Session.start(stage, processes)
  const piped = await Session.start(stage, processes, (server) => [...BARE_PIPE, '--', ...server])
  for (const session of [proxied, piped]) await session.initialize(stage)
  return { proxied, piped }
}

function drop(): void {
  processes.end()
  rmSync(stage.journal, { recursive: true, force: true })
  pair = undefined
  sentEdits = []
  words = []
}

afterAll(() => {
  drop()
  stage[Symbol.dispose]()
})

const sameBothWays = fc.asyncProperty(
  fromServer,
  offsets,
  fromEditor,
  offsets,
  async (down, downAt, up, upAt) => {
    if (isInUse) drop()
    isInUse = true
    pair ??= start()
    const { proxied, piped } = await pair
    const traffic = { fromServer: cut(down, downAt), fromEditor: cut(up, upAt) }
    const [came, plain] = await Promise.all([proxied.exchange(traffic), piped.exchange(traffic)])
    expect(difference(came.toEditor.bytes, plain.toEditor.bytes)).toBeUndefined()
    expect(difference(came.toServer.bytes, plain.toServer.bytes)).toBeUndefined()
    expect(came.toServer.own).toEqual([])
    words.push(...came.toEditor.own)
    sentEdits.push(...down.flatMap(({ edit }) => edit ?? []))
    isInUse = false
  },
)

test(`random traffic comes out as through a bare pipe, ${RUNS} times`, {
  timeout: LIMIT_MS + 20_000,
}, async () => {
  await fc.assert(sameBothWays, {
    numRuns: RUNS,
    timeout: 10_000,
    interruptAfterTimeLimit: LIMIT_MS,
    markInterruptAsFailure: true,
  })
  expect(recorded(stage.journal)).toEqual(sentEdits)
  // That a server writes what is no message is said, and once.
  expect(words.length).toBeLessThanOrEqual(1)
  for (const { message } of words)
    expect(message).toMatchObject({ method: 'window/logMessage', params: { type: 2 } })
})
