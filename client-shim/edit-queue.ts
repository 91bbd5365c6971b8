import type { ApplyWorkspaceEditResult, WorkspaceEdit } from 'vscode-languageserver-protocol/node'
import { applyWorkspaceEdit, type EditOutcome, type FileOperations } from './apply-edit.ts'
import type { Documents } from './documents.ts'

/** What is saved by itself after an edit: of the documents whose text it edited, none, all, or the first few. */
export type SavePolicy = 'never' | 'all' | { readonly first: number }

/**
 * The moment at which the client kills itself.
 * `before-answer`: an edit has arrived and nothing of it is applied.
 * `after-answer`: it is in the buffers, the server has been told, and nothing is saved.
 * `filesSaved`: so many files have been written since the start, the last one closed but not synced.
 */
export type DieAt = 'before-answer' | 'after-answer' | { readonly filesSaved: number }

/** An edit that came from the server, and what became of it. */
export interface ReceivedEdit {
  readonly road: string
  readonly label?: string | undefined
  readonly edit: WorkspaceEdit
  readonly outcome: EditOutcome
}

export interface EditQueueOptions {
  readonly operations: FileOperations
  readonly savePolicy: SavePolicy
  /** Saves come before the answer to `workspace/applyEdit`, not after it as a user's would. */
  readonly saveBeforeAnswer: boolean
  readonly dieAt: DieAt | undefined
  readonly die: () => never
}

/**
 * Carries out the server's edits one at a time, in the order in which they come, each with its saves, and
 * dies at the chosen moment. Whatever else touches the documents waits for its turn here.
 * After an edit that was not applied whole nothing is saved: its beginnings stay in the buffers.
 */
export class EditQueue {
  readonly #documents: Documents
  readonly #options: EditQueueOptions
  readonly #received: ReceivedEdit[] = []
  readonly #failures: unknown[] = []
  #tail: Promise<unknown> = Promise.resolve()
  #filesSaved = 0

  constructor(documents: Documents, options: EditQueueOptions) {
    this.#documents = documents
    this.#options = options
  }

  /** Every edit that was carried out or refused, oldest first. */
  get received(): readonly ReceivedEdit[] {
    return this.#received
  }

  /** Runs when everything queued before it is done. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work)
    // A failure belongs to whoever asked for this turn; the next one is not concerned.
    this.#tail = turn.catch(() => {})
    return turn
  }

  /** Carries out the answer to a request of ours. */
  carryOut(road: string, edit: WorkspaceEdit): Promise<EditOutcome> {
    return this.inTurn(async () => {
      this.#dieIf('before-answer')
      const outcome = await applyWorkspaceEdit(edit, this.#documents, this.#options.operations)
      this.#received.push({ road, edit, outcome })
      this.#dieIf('after-answer')
      await this.#saveByPolicy(outcome)
      return outcome
    })
  }

  /**
   * Carries out a request of the server. `answer` sends the answer and resolves when it is in the server's
   * stdin. What fails after that has nobody to be told: `idle` throws it.
   */
  carryOutRequest(
    road: string,
    request: { readonly label?: string; readonly edit: WorkspaceEdit },
    answer: (result: ApplyWorkspaceEditResult) => Promise<void>,
  ): void {
    const { label, edit } = request
    const { saveBeforeAnswer } = this.#options
    this.inTurn(async () => {
      this.#dieIf('before-answer')
      const outcome = await applyWorkspaceEdit(edit, this.#documents, this.#options.operations)
      this.#received.push({ road, label, edit, outcome })
      let result = resultOf(outcome)
      if (saveBeforeAnswer) {
        try {
          await this.#saveByPolicy(outcome)
        } catch (error) {
          result = { applied: false, failureReason: String(error) }
        }
      }
      await answer(result)
      this.#dieIf('after-answer')
      if (!saveBeforeAnswer) await this.#saveByPolicy(outcome)
    }).catch((error) => this.#failures.push(error))
  }

  /** Resolves when nothing is queued; throws what went wrong in a turn that nobody waited for. */
  async idle(): Promise<void> {
    await this.inTurn(async () => {})
    const failures = this.#failures.splice(0)
    if (failures.length > 0) throw failures[0]
  }

  /** To be called when a file has been saved: one of them may have been the last. */
  fileSaved(): void {
    this.#filesSaved += 1
    const { dieAt, die } = this.#options
    if (typeof dieAt === 'object' && this.#filesSaved === dieAt.filesSaved) die()
  }

  #dieIf(moment: DieAt): void {
    if (this.#options.dieAt === moment) this.#options.die()
  }

  async #saveByPolicy(outcome: EditOutcome): Promise<void> {
    if (!outcome.applied) return
    for (const path of chosen(outcome.edited, this.#options.savePolicy)) {
      if (this.#documents.get(path)?.dirty) await this.#documents.save(path)
    }
  }
}

function chosen(paths: readonly string[], policy: SavePolicy): readonly string[] {
  if (policy === 'never') return []
  return policy === 'all' ? paths : paths.slice(0, policy.first)
}

function resultOf(outcome: EditOutcome): ApplyWorkspaceEditResult {
  if (outcome.applied) return { applied: true }
  const { failureReason, failedChange } = outcome
  return { applied: false, failureReason, failedChange }
}
