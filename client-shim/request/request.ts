import { Fields, type Place, ScriptError, type Wanted } from '../script-fields.ts'

/** A place as it is typed: line and column from 1, the column in bytes of UTF-8. */
export interface Spot {
  readonly line: number
  readonly column: number
}

/** What is wanted of a server, to be answered and not carried out. Paths are absolute. */
export interface Request {
  readonly folders: readonly [string, ...string[]]
  readonly configuration?: Readonly<Record<string, unknown>>
  readonly initializationOptions?: unknown
  /** For everything together. */
  readonly timeoutMs: number
  /** So long a server that says nothing of its work may still be at it. */
  readonly settleMs: number
  readonly path: string
  /** Undefined: the whole file. */
  readonly start?: Spot
  /** Undefined: where it starts. */
  readonly end?: Spot
  readonly want: Want
}

export type Want =
  /** `files`: how many the edit covers at least. */
  | { readonly what: 'rename'; readonly newName: string; readonly files?: number }
  | { readonly what: 'actions'; readonly kind?: string }
  | { readonly what: 'action'; readonly kind?: string; readonly title?: Wanted }

/** Reads a request from its JSON text. Throws a ScriptError. */
export function parseRequest(json: string, cwd: string): Request {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new ScriptError(`the request is not JSON: ${(cause as Error).message}`, { cause })
  }
  const request = new Fields(value, 'request', cwd)
  const [first = cwd, ...others] =
    request.optional('folders', (at) => at.list((folder) => folder.path())) ?? []
  const configuration = request.optional('configuration', (at) => at.object())
  const initializationOptions = request.optional('initializationOptions', (at) => at.value)
  const timeoutMs = request.required('timeoutMs', (at) => at.count())
  const settleMs = request.required('settleMs', (at) => at.count())
  const path = request.required('path', (at) => at.path())
  const start = request.optional('start', spotOf)
  const end = request.optional('end', spotOf)
  const want = request.required('want', wantOf)
  request.nothingElse()
  return {
    folders: [first, ...others],
    timeoutMs,
    settleMs,
    path,
    want,
    ...(configuration !== undefined && { configuration }),
    ...(initializationOptions !== undefined && { initializationOptions }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
  }
}

function wantOf(at: Place): Want {
  const fields = at.fields()
  const what = fields.required('what', (place) => place.text())
  const kind = what === 'rename' ? undefined : fields.optional('kind', (place) => place.text())
  const want = (): Want => {
    switch (what) {
      case 'rename': {
        const newName = fields.required('newName', (place) => place.text())
        const files = fields.optional('files', (place) => place.count())
        return { what, newName, ...(files !== undefined && { files }) }
      }
      case 'actions':
        return { what, ...(kind !== undefined && { kind }) }
      case 'action': {
        const title = fields.optional('title', (place) => place.wanted())
        return { what, ...(kind !== undefined && { kind }), ...(title !== undefined && { title }) }
      }
      default:
        throw at.wrong('rename, actions or action')
    }
  }
  const made = want()
  fields.nothingElse()
  return made
}

function spotOf(at: Place): Spot {
  const fields = at.fields()
  const [line, column] = (['line', 'column'] as const).map((key) =>
    fields.required(key, (place) => place.count()),
  )
  fields.nothingElse()
  if (line === 0 || column === 0) throw at.wrong('lines and columns from 1')
  return { line: line!, column: column! }
}
