import { EGLOT } from './kinds.ts'
import { ALL, describeEditor, describeNext } from './matrix.ts'

describeEditor(EGLOT[0])
if (ALL) describeNext(EGLOT[1])
