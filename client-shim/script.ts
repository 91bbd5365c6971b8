import type { Position, Range } from 'vscode-languageserver-protocol/node'
import type { SavePolicy } from './edit-queue.ts'
import { Fields, type Place, ScriptError, type Wanted } from './script-fields.ts'

/** What to start with and what to do, one step after the other. Paths are absolute. */
export interface Script {
  readonly folders: readonly [string, ...string[]]
  readonly configuration?: Readonly<Record<string, unknown>>
  readonly initializationOptions?: unknown
  readonly savePolicy?: SavePolicy
  readonly steps: readonly Step[]
}

/** One act. `files` and `edits`: how many files an edit must cover, how many edits must have come, at least. */
export type Step =
  | { readonly act: 'open'; readonly path: string }
  | {
      readonly act: 'rename'
      readonly path: string
      readonly position: Position
      readonly newName: string
      readonly files?: number
    }
  | {
      readonly act: 'codeAction'
      readonly path: string
      readonly range: Range
      readonly title?: Wanted
      readonly kind?: Wanted
      readonly files?: number
    }
  | {
      readonly act: 'executeCommand'
      readonly command: string
      readonly arguments?: readonly unknown[]
      readonly edits?: number
    }
  | { readonly act: 'save' /** Undefined: every document that has changed. */; readonly path?: string }
  | { readonly act: 'close'; readonly path: string }
  | { readonly act: 'renameFile'; readonly from: string; readonly to: string }
  | { readonly act: 'waitForMessage'; readonly pattern: RegExp }
  | { readonly act: 'waitForDiagnostics'; readonly path: string; readonly count?: number }
  | { readonly act: 'shutdown' }

/**
 * Reads a script from its JSON text; its paths are relative to `cwd`, which is also the folder where it
 * names none. Lines and characters count from 0, as in LSP. Throws a ScriptError.
 */
export function parseScript(json: string, cwd: string): Script {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new ScriptError(`the script is not JSON: ${(cause as Error).message}`, { cause })
  }
  const script = new Fields(value, 'script', cwd)
  const [first = cwd, ...others] =
    script.optional('folders', (at) => at.list((folder) => folder.path())) ?? []
  const configuration = script.optional('configuration', (at) => at.object())
  const initializationOptions = script.optional('initializationOptions', (at) => at.value)
  const savePolicy = script.optional('savePolicy', savePolicyOf)
  const steps = script.required('steps', (at) => at.list(stepOf))
  script.nothingElse()
  return {
    folders: [first, ...others],
    ...(configuration && { configuration }),
    ...(initializationOptions !== undefined && { initializationOptions }),
    ...(savePolicy !== undefined && { savePolicy }),
    steps,
  }
}

function savePolicyOf(at: Place): SavePolicy {
  if (at.value === 'never' || at.value === 'all') return at.value
  if (typeof at.value !== 'object') throw at.wrong('"never", "all" or {"first": n}')
  const fields = at.fields()
  const first = fields.required('first', (place) => place.count())
  fields.nothingElse()
  return { first }
}

const STEPS: Readonly<Record<Step['act'], (at: Place) => Step>> = {
  open: (at) => ({ act: 'open', path: at.path() }),
  rename: (at) => {
    const fields = at.fields()
    const path = fields.required('path', (place) => place.path())
    const position = positionOf(fields)
    const newName = fields.required('newName', (place) => place.text())
    const files = fields.optional('files', (place) => place.count())
    fields.nothingElse()
    return { act: 'rename', path, position, newName, ...(files !== undefined && { files }) }
  },
  codeAction: (at) => {
    const fields = at.fields()
    const path = fields.required('path', (place) => place.path())
    const range = fields.required('range', rangeOf)
    const title = fields.optional('title', (place) => place.wanted())
    const kind = fields.optional('kind', (place) => place.wanted())
    const files = fields.optional('files', (place) => place.count())
    fields.nothingElse()
    if (title === undefined && kind === undefined) throw at.wrong('a title or a kind')
    return {
      act: 'codeAction',
      path,
      range,
      ...(title !== undefined && { title }),
      ...(kind !== undefined && { kind }),
      ...(files !== undefined && { files }),
    }
  },
  executeCommand: (at) => {
    const fields = at.fields()
    const command = fields.required('command', (place) => place.text())
    const args = fields.optional('arguments', (place) => place.list(({ value }) => value))
    const edits = fields.optional('edits', (place) => place.count())
    fields.nothingElse()
    return {
      act: 'executeCommand',
      command,
      ...(args && { arguments: args }),
      ...(edits !== undefined && { edits }),
    }
  },
  save: (at) => (at.value === 'all' ? { act: 'save' } : { act: 'save', path: at.path() }),
  close: (at) => ({ act: 'close', path: at.path() }),
  renameFile: (at) => {
    const fields = at.fields()
    const from = fields.required('from', (place) => place.path())
    const to = fields.required('to', (place) => place.path())
    fields.nothingElse()
    return { act: 'renameFile', from, to }
  },
  waitForMessage: (at) => ({ act: 'waitForMessage', pattern: at.pattern() }),
  waitForDiagnostics: (at) => {
    const fields = at.fields()
    const path = fields.required('path', (place) => place.path())
    const count = fields.optional('count', (place) => place.count())
    fields.nothingElse()
    return { act: 'waitForDiagnostics', path, ...(count !== undefined && { count }) }
  },
  shutdown: (at) => {
    if (at.value !== true) throw at.wrong('true')
    return { act: 'shutdown' }
  },
}

function stepOf(at: Place): Step {
  const [act, ...others] = Object.keys(at.object())
  if (act === undefined || others.length > 0 || !Object.hasOwn(STEPS, act)) {
    throw at.wrong(`one of ${Object.keys(STEPS).join(', ')}`)
  }
  return at.fields().required(act, STEPS[act as Step['act']])
}

function positionOf(fields: Fields): Position {
  return {
    line: fields.required('line', (place) => place.count()),
    character: fields.required('character', (place) => place.count()),
  }
}

function rangeOf(at: Place): Range {
  const fields = at.fields()
  const end = (place: Place) => {
    const parts = place.fields()
    const position = positionOf(parts)
    parts.nothingElse()
    return position
  }
  const range = { start: fields.required('start', end), end: fields.required('end', end) }
  fields.nothingElse()
  return range
}
