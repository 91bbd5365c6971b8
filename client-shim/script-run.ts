import { type CodeAction, Command, type LSPAny } from 'vscode-languageserver-protocol/node'
import { type EditOutcome, urisOf } from './apply-edit.ts'
import type { HeadlessClient } from './client.ts'
import type { ReceivedEdit } from './edit-queue.ts'
import type { Step } from './script.ts'
import { isKindBelow, isWanted } from './wanted.ts'

/** Carries out one step; gives a line on what came of it, throws where it failed. */
export async function runStep(client: HeadlessClient, step: Step): Promise<string> {
  switch (step.act) {
    case 'open': {
      const { path, languageId } = await client.open(step.path)
      return `open ${path} (${languageId})`
    }
    case 'rename': {
      const { path, position, newName, files } = step
      const outcome = await client.rename(path, position, newName, files === undefined ? {} : { files })
      return `rename to ${newName}: ${edited(outcome)}`
    }
    case 'codeAction':
      return await runCodeAction(client, step)
    case 'executeCommand': {
      const before = client.edits.length
      await client.executeCommand(step.command, step.arguments as readonly LSPAny[] | undefined)
      if (step.edits !== undefined) await client.waitForEdits(before + step.edits)
      return `command ${step.command}: ${editedSince(client, before)}`
    }
    case 'save':
      await (step.path === undefined ? client.saveAll() : client.save(step.path))
      return `save ${step.path ?? 'all'}`
    case 'close':
      await client.close(step.path)
      return `close ${step.path}`
    case 'renameFile':
      return `rename ${step.from} to ${step.to}: ${edited(await client.renameFile(step.from, step.to))}`
    case 'waitForMessage':
      return `message: ${(await client.waitForMessage(step.pattern)).text}`
    case 'waitForDiagnostics': {
      const least = step.count ?? 1
      const found = await client.waitForDiagnostics(step.path, ({ length }) => length >= least)
      return `${found.length} diagnostics in ${step.path}`
    }
    case 'shutdown': {
      const { code, signal } = await client.shutdown()
      return `shutdown: the server left with ${signal ?? `status ${code}`}`
    }
  }
}

async function runCodeAction(
  client: HeadlessClient,
  step: Extract<Step, { act: 'codeAction' }>,
): Promise<string> {
  const before = client.edits.length
  const isMeant = (action: Command | CodeAction) =>
    isWanted(action.title, step.title) &&
    isWanted(Command.is(action) ? undefined : action.kind, step.kind, isKindBelow)
  const only = typeof step.kind === 'string' ? { only: [step.kind] } : {}
  const action = await client.findCodeAction(step.path, step.range, isMeant, only)
  await client.runCodeAction(action)
  if (step.files !== undefined) {
    // A server may answer the command before it sends its edit.
    const covered = () => new Set(client.edits.slice(before).flatMap(({ edit }) => urisOf(edit))).size
    const what = `${action.title} to edit ${step.files} files`
    await client.waitFor(what, () => covered() >= step.files! || undefined)
    await client.idle()
  }
  return `${action.title}: ${editedSince(client, before)}`
}

function editedSince(client: HeadlessClient, before: number): string {
  const received: readonly ReceivedEdit[] = client.edits.slice(before)
  return received.length === 0 ? 'no edit' : received.map(({ outcome }) => edited(outcome)).join('; ')
}

/** Throws where the edit was not applied whole. */
function edited(outcome: EditOutcome): string {
  if (!outcome.applied)
    throw new Error(`not applied, change ${outcome.failedChange}: ${outcome.failureReason}`)
  return `${outcome.edited.length} files edited`
}
