import { HELIX } from './kinds.ts'
import { ALL, describeEditor, describeNext } from './matrix.ts'

describeEditor(HELIX[0])
if (ALL) describeNext(HELIX[1])
