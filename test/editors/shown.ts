import { until } from './desk.ts'
import { changed, type Edit, meant } from './edits.ts'
import { sameText } from './endings.ts'

type Files = Readonly<Record<string, string>>

/** Waits until every text that an edit changes is there. */
export function untilShown(what: string, texts: () => Files | Promise<Files>, edit: Edit): Promise<true> {
  const all = Object.entries(changed(edit))
  return until(
    what,
    async () => {
      const there = meant(edit, await texts())
      return all.every(([name, text]) => sameText(there[name], text))
    },
    texts,
  )
}
