import type { Host } from '../disk/host.ts'
import { type ClientFacts, KAKOUNE_LSP } from './client-facts.ts'
import type { ProxyOptions } from './proxy-options.ts'

/**
 * The socket of the Kakoune that kakoune-lsp was started by; undefined where there is none to be seen.
 *
 * kakoune-lsp is a process beside Kakoune: when that is killed it lives on, for hours, and its servers with it.
 * Only the socket tells then. It is looked at and not called: Kakoune does not quit while somebody is connected
 * (remote.cc, `Server::negotiating`), and notes every call that says nothing.
 */
export function kakouneOf(
  { editor }: ClientFacts,
  variables: ProxyOptions['variables'],
  host: Host,
): string | undefined {
  if (editor.name !== KAKOUNE_LSP) return undefined
  return socketsOf(variables).find((address) => host.hasSocket(address))
}

/** Where Kakoune may listen whose `%sh{}` started this process (remote.cc, `session_directory`). */
function socketsOf({
  kak_session: session,
  XDG_RUNTIME_DIR,
  TMPDIR,
  USER,
}: ProxyOptions['variables']): string[] {
  // No other name is a session's (remote.cc, `session_path`).
  if (session === undefined || !/^[\w-]+$/.test(session)) return []
  const temporary = (TMPDIR || '/tmp').replace(/\/$/, '')
  const folders = [`${temporary}/kakoune-${USER ?? ''}`]
  if (XDG_RUNTIME_DIR) folders.unshift(`${XDG_RUNTIME_DIR}/kakoune`)
  return folders.map((folder) => `${folder}/${session}`)
}
