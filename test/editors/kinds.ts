import type { EditorKind } from './editor.ts'
import { emacs } from './emacs/emacs.ts'
import { helix } from './helix/helix.ts'
import { neovim } from './neovim/neovim.ts'

export const NEOVIM = [neovim('Neovim', 'nvim'), neovim('Neovim, next', 'nvim-next')] as const
export const EGLOT = [emacs('eglot', 'eglot'), emacs('eglot, next', 'eglot', '-next')] as const
export const LSP_MODE = [emacs('lsp-mode', 'lsp-mode'), emacs('lsp-mode, next', 'lsp-mode', '-next')] as const
export const HELIX = [helix('Helix', 'hx'), helix('Helix, next', 'hx-next')] as const

/** Every editor of the table, as its columns stand. */
export const KINDS: readonly EditorKind[] = [...NEOVIM, ...EGLOT, ...LSP_MODE, ...HELIX]
