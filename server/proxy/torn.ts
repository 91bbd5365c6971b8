import { type Intent, touchedPaths } from '../journal/intent.ts'
import type { Conversation } from './conversation.ts'

const TAKE_BACK = 'Take it back'
const LEAVE = 'Leave it'

/**
 * Offers the way back from an edit that the editor refused half way: a question, and the command that does the same,
 * for an editor that asks no questions and for a user who does not answer.
 */
export async function offerWayBack(
  conversation: Pick<Conversation, 'ask' | 'show'>,
  takeBack: (id: string) => Promise<void>,
  intent: Intent,
  changed: number,
): Promise<void> {
  const { about, id } = intent
  const torn = `${about.label || id.slice(0, 8)}: refused by the editor after ${changed} of ${touchedPaths(intent).length} files had changed`
  const choice = await conversation.ask('warning', `${torn}.`, [TAKE_BACK, LEAVE])
  if (choice === TAKE_BACK) await takeBack(id)
  else if (choice !== LEAVE)
    conversation.show('warning', `${torn}; to take it back: lsp-wal undo ${id.slice(0, 8)}`)
}
