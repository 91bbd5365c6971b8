import type { TraceEntry } from '../../../client-shim/wire.ts'

/** What may be in an answer: an edit, an action that holds one, or one of the edits of one document. */
interface Answer {
  readonly edit?: unknown
  readonly changes?: unknown
  readonly documentChanges?: unknown
  readonly newText?: unknown
}

interface Message {
  readonly id?: number | string
  readonly method?: string
  readonly params?: { readonly edit?: unknown }
  readonly result?: Answer | readonly Answer[] | null
}

/**
 * Finds the edit in each message of a session: one that is sent to be applied, that is an answer, that an action holds
 * which is one, or one action of a menu.
 */
export function editsSeen(): (entry: TraceEntry) => unknown {
  const asked = new Map<Message['id'], string>()
  return ({ from, message }) => {
    const { id, method, params, result } = message as Message
    if (from === 'client') {
      if (method !== undefined) asked.set(id, method)
      return undefined
    }
    if (method === 'workspace/applyEdit') return params?.edit
    // Some servers say there once more what they have sent to be applied (pyright).
    if (asked.get(id) === 'workspace/executeCommand') return undefined
    if (!isList(result)) return (result?.changes ?? result?.documentChanges) ? result : result?.edit
    return result[0]?.newText === undefined ? result.find(({ edit }) => edit !== undefined)?.edit : result
  }
}

function isList(result: Message['result']): result is readonly Answer[] {
  return Array.isArray(result)
}
