import { type Image, isBare } from '../edits/images.ts'
import type { About, Intent, PathFacts, Withheld } from './intent.ts'

/** An intent on its way into the log: its files come a few at a time, and are let go of once they are written. */
export interface Draft {
  readonly id: string
  readonly about: About
  readonly folders: Intent['folders']
  /** Whether anything of it is withheld. */
  readonly withholds: boolean
  /** Whether any of its files is only moved, without its bytes. */
  readonly hasBare: boolean
  /** From the first one each time: what a log that fails has taken is written again into the next. */
  batches(): AsyncIterable<Batch> | Iterable<Batch>
}

/** Some images of a draft, each with the one whose original it grows out of. They last until the next batch is asked for. */
export interface Batch {
  readonly images: readonly Image[]
  readonly withheld: readonly Withheld[]
  readonly facts: ReadonlyMap<string, PathFacts>
}

/** An intent all of which can be had at any time. */
export function draftOf(intent: Intent): Draft {
  const { images, withheld = [], facts, id, about, folders } = intent
  const batches = () => [{ images, withheld, facts }]
  const hasBare = images.some(isBare)
  return { id, about, folders, withholds: intent.withheld !== undefined, hasBare, batches }
}
