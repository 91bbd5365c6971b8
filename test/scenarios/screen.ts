import { HeadlessClient } from '../../client-shim/client.ts'
import type { HeadlessOptions } from '../../client-shim/options.ts'
import type { Stage } from './stage.ts'

const running: HeadlessClient[] = []

/**
 * An editor with a screen, as far as the proxy can tell: it can be asked, and its buffers hold what is unsaved until it
 * is told to save.
 */
export async function editor(stage: Stage, options: Partial<HeadlessOptions> = {}): Promise<HeadlessClient> {
  const [command, ...args] = stage.wrapped()
  const client = await HeadlessClient.start({
    command: [command!, ...args],
    folders: [stage.workspace],
    clientInfo: { name: 'Test Editor', version: '1' },
    savePolicy: 'never',
    ...options,
  })
  running.push(client)
  return client
}

/** For `afterEach`: none outlives its test. */
export async function endEditors(): Promise<void> {
  for (const client of running.splice(0)) await client.kill()
}
