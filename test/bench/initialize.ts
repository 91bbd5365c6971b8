import { pathToFileURL } from 'node:url'

/** The params of `initialize` as an editor sends them: some 4 KiB, most of it capabilities. */
export function initializeParams(folder: string): object {
  const uri = pathToFileURL(folder).href
  return {
    processId: process.pid,
    clientInfo: { name: 'bench', version: '1.0.0' },
    locale: 'en_US.UTF-8',
    rootPath: folder,
    rootUri: uri,
    workspaceFolders: [{ uri, name: 'bench' }],
    trace: 'off',
    capabilities: CAPABILITIES,
  }
}

const KINDS = Array.from({ length: 26 }, (_, i) => i + 1)
const MARKUP = ['markdown', 'plaintext']
const RESOLVED = ['additionalTextEdits', 'command', 'detail', 'documentation', 'insertTextFormat']
const ACTIONS = [
  '',
  'quickfix',
  'refactor',
  'refactor.extract',
  'refactor.inline',
  'refactor.rewrite',
  'source',
]
const TOKENS = [
  ...['namespace', 'type', 'class', 'enum', 'interface', 'struct', 'typeParameter', 'parameter', 'variable'],
  ...['property', 'enumMember', 'event', 'function', 'method', 'macro', 'keyword', 'modifier', 'comment'],
  ...['string', 'number', 'regexp', 'operator', 'decorator'],
]
const MODIFIERS = ['declaration', 'definition', 'readonly', 'static', 'deprecated', 'abstract', 'async']

/** A goto request that takes links. */
const GOTO = { dynamicRegistration: false, linkSupport: true }
const STATIC = { dynamicRegistration: false }
const DYNAMIC = { dynamicRegistration: true }

const CAPABILITIES = {
  general: {
    positionEncodings: ['utf-16', 'utf-8', 'utf-32'],
    regularExpressions: { engine: 'ECMAScript', version: 'ES2020' },
    staleRequestSupport: { cancel: true, retryOnContentModified: [] },
  },
  workspace: {
    applyEdit: true,
    workspaceEdit: {
      documentChanges: true,
      resourceOperations: ['create', 'rename', 'delete'],
      failureHandling: 'abort',
      normalizesLineEndings: true,
      changeAnnotationSupport: { groupsOnLabel: true },
    },
    configuration: true,
    didChangeConfiguration: STATIC,
    didChangeWatchedFiles: { dynamicRegistration: true, relativePatternSupport: true },
    workspaceFolders: true,
    executeCommand: STATIC,
    symbol: { ...STATIC, symbolKind: { valueSet: KINDS } },
    semanticTokens: { refreshSupport: true },
    inlayHint: { refreshSupport: true },
    codeLens: { refreshSupport: true },
    diagnostics: { refreshSupport: true },
    fileOperations: { ...STATIC, willRename: true, didRename: true, willCreate: true, willDelete: true },
  },
  textDocument: {
    synchronization: { ...STATIC, willSave: true, willSaveWaitUntil: true, didSave: true },
    completion: {
      ...STATIC,
      contextSupport: true,
      completionItem: {
        snippetSupport: true,
        commitCharactersSupport: true,
        documentationFormat: MARKUP,
        deprecatedSupport: true,
        preselectSupport: true,
        insertReplaceSupport: true,
        resolveSupport: { properties: RESOLVED },
        insertTextModeSupport: { valueSet: [1, 2] },
        labelDetailsSupport: true,
      },
      completionItemKind: { valueSet: KINDS },
      completionList: { itemDefaults: ['editRange', 'insertTextFormat', 'insertTextMode', 'data'] },
    },
    hover: { ...DYNAMIC, contentFormat: MARKUP },
    signatureHelp: {
      ...STATIC,
      contextSupport: true,
      signatureInformation: {
        activeParameterSupport: true,
        documentationFormat: MARKUP,
        parameterInformation: { labelOffsetSupport: true },
      },
    },
    declaration: GOTO,
    definition: GOTO,
    typeDefinition: GOTO,
    implementation: GOTO,
    references: STATIC,
    documentHighlight: STATIC,
    documentSymbol: {
      ...STATIC,
      hierarchicalDocumentSymbolSupport: true,
      symbolKind: { valueSet: KINDS },
    },
    codeAction: {
      ...DYNAMIC,
      codeActionLiteralSupport: { codeActionKind: { valueSet: ACTIONS } },
      dataSupport: true,
      isPreferredSupport: true,
      resolveSupport: { properties: ['edit', 'command'] },
    },
    codeLens: DYNAMIC,
    formatting: DYNAMIC,
    rangeFormatting: { ...DYNAMIC, rangesSupport: true },
    rename: { ...DYNAMIC, prepareSupport: true, honorsChangeAnnotations: true },
    publishDiagnostics: {
      relatedInformation: true,
      tagSupport: { valueSet: [1, 2] },
      codeDescriptionSupport: true,
      dataSupport: true,
      versionSupport: true,
    },
    diagnostic: { ...STATIC, relatedDocumentSupport: true },
    callHierarchy: STATIC,
    typeHierarchy: STATIC,
    foldingRange: { ...STATIC, lineFoldingOnly: true, foldingRange: { collapsedText: true } },
    selectionRange: STATIC,
    semanticTokens: {
      ...DYNAMIC,
      tokenTypes: TOKENS,
      tokenModifiers: MODIFIERS,
      formats: ['relative'],
      requests: { range: false, full: { delta: true } },
      augmentsSyntaxTokens: true,
      overlappingTokenSupport: true,
    },
    inlayHint: {
      ...DYNAMIC,
      resolveSupport: { properties: ['textEdits', 'tooltip', 'location', 'command'] },
    },
    linkedEditingRange: STATIC,
  },
  window: {
    workDoneProgress: true,
    showMessage: { messageActionItem: { additionalPropertiesSupport: true } },
    showDocument: { support: true },
  },
}
