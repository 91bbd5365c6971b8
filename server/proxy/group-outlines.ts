import type { Outline } from '../edits/images.ts'

/**
 * Outlines in batches of no more than this, as far as that is possible: those that grow out of one another's originals
 * stay together, so that each original is read once.
 */
export function* grouped(
  outlines: readonly Outline[],
  sizeOf: (outline: Outline) => number,
  most: { readonly size: number; readonly count: number },
): Generator<readonly Outline[]> {
  let batch: Outline[] = []
  let size = 0
  for (const group of familiesOf(outlines)) {
    const more = group.reduce((sum, outline) => sum + sizeOf(outline), 0)
    if (batch.length > 0 && (size + more > most.size || batch.length + group.length > most.count)) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(...group)
    size += more
  }
  if (batch.length > 0) yield batch
}

function* familiesOf(outlines: readonly Outline[]): Generator<readonly Outline[]> {
  const byPath = new Map(outlines.map((outline) => [outline.path, outline]))
  const bySource = new Map<string, Outline[]>()
  for (const outline of outlines) {
    const { path, source } = outline
    if (source !== undefined && source !== path)
      bySource.set(source, [...(bySource.get(source) ?? []), outline])
  }
  const met = new Set<Outline>()
  for (const outline of outlines) {
    if (met.has(outline)) continue
    met.add(outline)
    const family = [outline]
    // It grows while it is gone through.
    for (const { path, source } of family)
      for (const other of [
        source === undefined ? undefined : byPath.get(source),
        ...(bySource.get(path) ?? []),
      ])
        if (other !== undefined && !met.has(other)) {
          met.add(other)
          family.push(other)
        }
    yield family
  }
}
