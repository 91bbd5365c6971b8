import type { Desk } from './desk.ts'
import type { Editor } from './editor.ts'

/** Does something with an editor; a failure says what the editor has told its user, and its server. */
export async function asTold(editor: Editor, desk: Desk, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    const told = await editor.told().catch(() => 'it is gone')
    const last = desk.told.slice(-10).map((each) => `\n  ${JSON.stringify(each)}`)
    if (error instanceof Error)
      error.message += `\nThe editor says: ${told}\nIts server was told:${last.join('')}`
    throw error
  }
}
