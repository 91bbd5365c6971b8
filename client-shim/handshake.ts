import { pid } from 'node:process'
import { pathToFileURL } from 'node:url'
import {
  DidChangeConfigurationNotification,
  InitializedNotification,
  type InitializeParams,
  InitializeRequest,
  type LSPAny,
  PositionEncodingKind,
  type ServerCapabilities,
} from 'vscode-languageserver-protocol/node'
import manifest from '../package.json' with { type: 'json' }
import { headlessCapabilities } from './capabilities.ts'
import type { Conversation } from './conversation.ts'
import type { HeadlessOptions } from './options.ts'
import { workspaceFolders } from './server-requests.ts'

/** What client and server can do together. */
export interface Agreement {
  readonly capabilities: ServerCapabilities
  /** The client may ask for what a code action lacks. */
  readonly resolvesActions: boolean
  /** Where the server says it. */
  readonly serverName: string | undefined
}

/** `initialize`, `initialized`, and the configuration, where there is one. */
export async function shakeHands(conversation: Conversation, options: HeadlessOptions): Promise<Agreement> {
  const defaults = headlessCapabilities(options.positionEncodings ?? [PositionEncodingKind.UTF16])
  const offered = options.capabilities?.(defaults) ?? defaults
  const [root] = options.folders
  const params: InitializeParams = {
    processId: options.processId === undefined ? pid : options.processId,
    clientInfo: options.clientInfo ?? { name: 'lsp-wal-headless', version: manifest.version },
    rootPath: root,
    rootUri: pathToFileURL(root).href,
    workspaceFolders: workspaceFolders(options.folders),
    capabilities: offered,
    ...(options.initializationOptions !== undefined && {
      initializationOptions: options.initializationOptions as LSPAny,
    }),
  }
  const { capabilities, serverInfo } = await conversation.ask(InitializeRequest.type, params)
  await conversation.tell(InitializedNotification.type, {})
  if (options.configuration !== undefined) {
    const settings = options.configuration as LSPAny
    await conversation.tell(DidChangeConfigurationNotification.type, { settings })
  }
  const { codeActionProvider } = capabilities
  return {
    capabilities,
    serverName: serverInfo?.name,
    resolvesActions:
      offered.textDocument?.codeAction?.resolveSupport !== undefined &&
      typeof codeActionProvider === 'object' &&
      codeActionProvider.resolveProvider === true,
  }
}
