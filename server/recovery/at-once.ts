/** Does something for each, at most `most` of them at a time. Resolves with the results, in the items' order. */
export async function atOnce<T, R>(
  most: number,
  items: readonly T[],
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const work = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await act(items[i]!)
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work))
  return results
}
