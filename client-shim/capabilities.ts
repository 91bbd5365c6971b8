import {
  type ClientCapabilities,
  CodeActionKind,
  FailureHandlingKind,
  type PositionEncodingKind,
  PrepareSupportDefaultBehavior,
  ResourceOperationKind,
} from 'vscode-languageserver-protocol/node'

/**
 * What the headless client says it can do, and does: the habits of a terminal editor.
 *
 * `fileOperations` is not among them: a server that believes in `willRenameFiles` leaves the text edits of
 * a module rename to it (rust-analyzer), and this client does not ask while it carries out an edit.
 */
export function headlessCapabilities(positionEncodings: readonly PositionEncodingKind[]): ClientCapabilities {
  return {
    general: { positionEncodings: [...positionEncodings] },
    workspace: {
      applyEdit: true,
      workspaceEdit: {
        documentChanges: true,
        resourceOperations: [
          ResourceOperationKind.Create,
          ResourceOperationKind.Rename,
          ResourceOperationKind.Delete,
        ],
        failureHandling: FailureHandlingKind.Abort,
        changeAnnotationSupport: { groupsOnLabel: true },
      },
      configuration: true,
      workspaceFolders: true,
      executeCommand: {},
      didChangeConfiguration: {},
    },
    textDocument: {
      synchronization: { didSave: true },
      rename: {
        prepareSupport: true,
        prepareSupportDefaultBehavior: PrepareSupportDefaultBehavior.Identifier,
        honorsChangeAnnotations: false,
      },
      references: {},
      codeAction: {
        codeActionLiteralSupport: {
          codeActionKind: {
            valueSet: [
              CodeActionKind.Empty,
              CodeActionKind.QuickFix,
              CodeActionKind.Refactor,
              CodeActionKind.RefactorExtract,
              CodeActionKind.RefactorInline,
              CodeActionKind.RefactorMove,
              CodeActionKind.RefactorRewrite,
              CodeActionKind.Source,
              CodeActionKind.SourceOrganizeImports,
              CodeActionKind.SourceFixAll,
            ],
          },
        },
        isPreferredSupport: true,
        disabledSupport: true,
        dataSupport: true,
        resolveSupport: { properties: ['edit', 'command'] },
      },
      publishDiagnostics: { versionSupport: true, relatedInformation: true, dataSupport: true },
    },
    // rust-analyzer tells by it when it has loaded everything.
    experimental: { serverStatusNotification: true },
    window: {
      workDoneProgress: true,
      showMessage: { messageActionItem: { additionalPropertiesSupport: true } },
    },
  }
}
