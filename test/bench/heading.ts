import { cpus, release, type } from 'node:os'

/** What to know of a table: where it was measured, and how to read it. */
export function headingOf(run: {
  readonly rounds: number
  readonly seconds: number
  readonly fileSystem: string
}): string {
  const [cpu] = cpus()
  const machine = `${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}`
  return `Node.js ${process.version}, ${machine}, ${type()} ${release()}; files and journal on ${run.fileSystem}; ${run.rounds} rounds in ${run.seconds} s.

- A cell is the median of the rounds; then the median of the ratios to node-pipe (×) and to no proxy at all (∅) in the same round. An applyEdit's × is the ratio to its own floor: the same files read, as many bytes written as the log grew by, one fsync.
- Round trips: on one core, contender, driver and server are held to the same processor; on two, the contender to another one. Where that cannot be done they are anywhere, and their ratios worth little.
- Streams: the mean of the fastest quarter of turns of 5 ms; starts: of the faster half of them. CPU and memory are the contender's own, without its server's; of memory, the worse direction.
- Contenders in Node are bundled into one file each, lsp-wal is as it is published: a start loads no more than it needs.
`
}
