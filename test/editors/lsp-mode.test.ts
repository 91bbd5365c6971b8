import { LSP_MODE } from './kinds.ts'
import { ALL, describeEditor, describeNext } from './matrix.ts'

describeEditor(LSP_MODE[0])
if (ALL) describeNext(LSP_MODE[1])
