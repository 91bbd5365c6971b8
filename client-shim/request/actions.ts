import { type CodeAction, Command } from 'vscode-languageserver-protocol/node'
import { isKindBelow, isWanted } from '../wanted.ts'
import type { Answer, OfferedAction } from './answer.ts'
import type { Request } from './request.ts'
import type { Asking, Found } from './run-request.ts'

type WantsActions = Exclude<Request['want'], { what: 'rename' }>

/** So long the first diagnostics of the file are waited for: what mends them is only offered with them. */
const DIAGNOSTICS_MS = 2_000

/** The menu, where that is wanted, else the edits of the one action in it that is. */
export async function wantedAction(asking: Asking, want: WantsActions): Promise<Found | Answer> {
  const { client, patience } = asking
  if (!client.serverCapabilities.codeActionProvider)
    return { answer: 'refused', reason: `${client.serverName} has no code actions` }
  await patience.rest()
  await patience.hope(() => client.diagnostics(asking.request.path) !== undefined, DIAGNOSTICS_MS)
  const matching = (actions: readonly (Command | CodeAction)[]) =>
    actions.filter((each) => isMeant(each, want))
  const menu = await patience.ask('code actions', {
    ask: (timeoutMs) => offered(asking, want, timeoutMs),
    isNo: (actions) => matching(actions).length === 0,
    until: want.what === 'actions' ? 'any' : 'sure',
  })
  if (want.what === 'actions')
    return { answer: 'actions', server: client.serverName, actions: matching(menu).map(shown) }
  const all = matching(menu)
  const [action, ...others] = all.filter((each) => shown(each).disabled === undefined)
  if (action === undefined) {
    const disabled = all.map(shown)[0]?.disabled
    const reason =
      disabled === undefined ? 'no such code action is offered there' : `it cannot be run there: ${disabled}`
    return { answer: 'choose', reason, actions: menu.map(shown) }
  }
  if (others.length > 0)
    return {
      answer: 'choose',
      reason: 'more than one code action is meant',
      actions: [action, ...others].map(shown),
    }
  return await editsOf(asking, action)
}

async function offered(
  { client, request, range }: Asking,
  { kind }: WantsActions,
  timeoutMs: number,
): Promise<(Command | CodeAction)[]> {
  return await client.codeActions(request.path, range, {
    ...(kind !== undefined && { only: [kind] }),
    timeoutMs,
  })
}

/** Runs the action in this client's buffers. */
async function editsOf({ client, patience }: Asking, action: Command | CodeAction): Promise<Found | Answer> {
  const before = client.edits.length
  await client.runCodeAction(action)
  const hasCommand = Command.is(action) || action.command !== undefined || action.edit === undefined
  // A server may answer the command before it sends its edit.
  if (hasCommand) await patience.hope(() => client.edits.length > before)
  if (hasCommand) await patience.rest()
  await client.idle()
  const edits = client.edits.slice(before)
  for (const { outcome } of edits)
    if (!outcome.applied) return { answer: 'refused', reason: `${action.title}: ${outcome.failureReason}` }
  if (edits.length === 0)
    return { answer: 'refused', reason: `${action.title}: the server was asked to run it, and sent no edit` }
  return {
    label: action.title,
    edits: edits.map(({ edit }) => edit),
  }
}

function isMeant(action: Command | CodeAction, want: WantsActions): boolean {
  const kind = Command.is(action) ? undefined : action.kind
  if (!isWanted(kind, want.kind, isKindBelow)) return false
  return want.what === 'actions' || isWanted(action.title, want.title)
}

function shown(action: Command | CodeAction): OfferedAction {
  if (Command.is(action)) return { title: action.title, kind: '', preferred: false }
  const { title, kind = '', isPreferred = false, disabled } = action
  return { title, kind, preferred: isPreferred, ...(disabled !== undefined && { disabled: disabled.reason }) }
}
