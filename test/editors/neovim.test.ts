import { describeEditor, describeNext } from './matrix.ts'
import { neovim } from './neovim/neovim.ts'

describeEditor(neovim('Neovim', 'nvim'))
describeNext(neovim('Neovim, next', 'nvim-next'))
