import { readFileSync } from 'node:fs'
import { describe } from 'vitest'
import { message } from '../relay/messages.ts'
import { type Processes, test } from '../relay/processes.ts'
import { initialize, initialized, Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'
import { FIRST_THREE, outcomes } from './desk.ts'

const NOBODY = 2 ** 22 - 4
const NAMES = ['a.ts', 'b.ts', 'c.ts']

async function opened(stage: Stage, processes: Processes): Promise<Session> {
  const session = await Session.start(stage, processes)
  await session.exchange({ fromEditor: [initialize(stage, NOBODY)] })
  await session.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
  await session.exchange({ fromEditor: [initialized] })
  return session
}

/** Has the server ask for an edit; gives what its one line in the log says. */
async function asked(session: Session, edit: object): Promise<void> {
  const request = message({ id: 7, method: 'workspace/applyEdit', params: { edit } })
  await session.exchange({ fromServer: [request] })
}

const texts = (stage: Stage) => NAMES.map((name) => readFileSync(stage.path(name), 'utf8').trim())

describe.concurrent('an edit whose parts the user confirms', () => {
  test('is not carried on where the user declined some', async ({ stage, processes, expect }) => {
    for (const name of NAMES) stage.write(name, 'foo\n')
    const session = await opened(stage, processes)
    const documentChanges = NAMES.map((name) => ({
      textDocument: { uri: stage.uri(name), version: null },
      edits: [{ range: FIRST_THREE, newText: 'bar', annotationId: 'careful' }],
    }))
    const changeAnnotations = { careful: { label: 'Careful', needsConfirmation: true } }
    await asked(session, { documentChanges, changeAnnotations })
    stage.write('a.ts', 'bar\n')
    stage.write('c.ts', 'bar\n')
    await session.exchange({ fromEditor: [message({ id: 7, result: { applied: true } })] })
    session.proxy.stdin.end()
    await session.proxy.ended
    expect(outcomes(stage.journal)[0]).toContain('confirm')
    const [word] = await (await opened(stage, processes)).words()
    expect(word?.params?.message).toContain('some of its parts may have been declined')
    expect(texts(stage)).toEqual(['bar', 'foo', 'bar'])
  })
})
