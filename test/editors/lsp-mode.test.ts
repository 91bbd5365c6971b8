import { emacs } from './emacs/emacs.ts'
import { ALL, describeEditor, describeNext } from './matrix.ts'

describeEditor(emacs('lsp-mode', 'lsp-mode'))
if (ALL) describeNext(emacs('lsp-mode, next', 'lsp-mode', '-next'))
