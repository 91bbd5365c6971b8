import type { Env } from '../../journal/env.ts'
import type { HeldEdit, HeldIn } from '../../journal/held-edit.ts'
import type { Intent } from '../../journal/intent.ts'
import type { Left } from '../../recovery/ways.ts'

/** What the headless commands are given beside their surroundings. */
export interface HeadlessTools {
  /** Of this package. */
  readonly version: string
  readonly compose: Compose
  /** Does what is not to be left half done: signals that would end this process end it afterwards. */
  readonly unbroken: <T>(work: () => Promise<T>) => Promise<T>
}

/** Makes an intent of an edit; `obstacles`: why it cannot be carried out as a whole. What LSP is, is not known here. */
type Compose = (
  env: Env,
  held: HeldEdit,
  about: HeldIn,
) => Promise<{ readonly intent: Intent | undefined; readonly obstacles: readonly Left[] }>
