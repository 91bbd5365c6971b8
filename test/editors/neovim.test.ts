import { NEOVIM } from './kinds.ts'
import { describeEditor, describeNext } from './matrix.ts'

describeEditor(NEOVIM[0])
describeNext(NEOVIM[1])
