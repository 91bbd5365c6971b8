import { emacs } from './emacs/emacs.ts'
import { ALL, describeEditor, describeNext } from './matrix.ts'

describeEditor(emacs('eglot', 'eglot'))
if (ALL) describeNext(emacs('eglot, next', 'eglot', '-next'))
