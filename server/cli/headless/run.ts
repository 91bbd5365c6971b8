import { EXIT, type Surroundings, UsageError } from '../command.ts'
import { plainText, shownPath } from '../text.ts'
import { type Answer, askServer, type Want } from './ask-server.ts'
import { carryOutEdit, isTornHere } from './carry-out-edit.ts'
import type { HeadlessOptions } from './options.ts'
import type { Target } from './target.ts'
import { tellDone, tellRefusal } from './tell.ts'
import type { HeadlessTools } from './tools.ts'

/** Asks a server, and carries out the edit that it answers with; gives the exit status. @throws UsageError */
export async function runHeadless(
  around: Surroundings,
  tools: HeadlessTools,
  target: Target,
  want: Want,
  options: HeadlessOptions,
  tellOther: (answer: Exclude<Answer, { answer: 'edit' | 'usage' | 'refused' }>) => number,
): Promise<number> {
  const { env } = around
  const { folder, json } = options
  if ((await env.disk.stat(folder))?.kind !== 'folder')
    throw new UsageError(`there is no folder ${plainText(folder)}`)
  if ((await env.disk.stat(target.path))?.kind !== 'file')
    throw new UsageError(`there is no file ${shownPath(around, target.path)}`)
  if (await isTornHere(around, folder)) {
    tellRefusal(
      around,
      'an edit that was cut short is waiting to be recovered here; see: lsp-wal status',
      json,
    )
    return EXIT.waiting
  }
  const since = env.host.now()
  const answer = await askServer(around, target, want, options)
  switch (answer.answer) {
    case 'edit': {
      const held = { ...answer, road: want.what === 'rename' ? want.what : 'action' } as const
      return tellDone(around, await carryOutEdit(around, tools, held, options, since), json)
    }
    case 'refused':
      return tellRefusal(around, answer.reason, json)
    case 'usage':
      throw new UsageError(plainText(answer.reason))
    case 'actions':
    case 'choose':
      return tellOther(answer)
  }
}
