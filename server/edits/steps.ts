import type { TextEdit } from './text-edit.ts'

/**
 * One thing that a workspace edit does, in the words of LSP 3.17 ("Resource changes"); paths are absolute.
 * Steps are carried out in order, and each finds what the ones before it left.
 */
export type Step =
  | { readonly kind: 'text'; readonly path: string; readonly edits: readonly TextEdit[] }
  | {
      readonly kind: 'create'
      readonly path: string
      /** Wins over `ignoreIfExists`. */
      readonly overwrite: boolean
      readonly ignoreIfExists: boolean
    }
  | {
      readonly kind: 'rename'
      readonly from: string
      readonly to: string
      /** Wins over `ignoreIfExists`. */
      readonly overwrite: boolean
      readonly ignoreIfExists: boolean
    }
  | {
      readonly kind: 'delete'
      readonly path: string
      readonly recursive: boolean
      readonly ignoreIfNotExists: boolean
    }

/** What stands at a path before the first step. */
export type Standing =
  | { readonly kind: 'absent' | 'file' }
  | {
      readonly kind: 'folder'
      /** Every file beneath, at any depth; each of them has an original of its own. */
      readonly files: readonly string[]
      /** Every folder beneath, at any depth. */
      readonly folders: readonly string[]
    }

/** Every path of which it must be known what stands there before the steps can be carried out, once each, as first mentioned. */
export function pathsOf(steps: readonly Step[]): string[] {
  return [...new Set(steps.flatMap((step) => (step.kind === 'rename' ? [step.from, step.to] : [step.path])))]
}
