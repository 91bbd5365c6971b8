/** The benchmark: `npm run bench`. No test: what it prints is the machine's as much as the program's. */
import { CONTENDERS, type Contender, FLOOR_AGAIN, LSP_WAL } from './contenders.ts'
import { headingOf } from './heading.ts'
import { measurementsOn } from './measurements.ts'
import { type Options, optionsOf, UsageError, usage } from './options.ts'
import { isOnPath, pinnableCpus } from './placement.ts'
import { HAS_PROC } from './process-figures.ts'
import { runRounds } from './rounds.ts'
import { Scratch } from './scratch.ts'
import { tableOf } from './table.ts'

class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

async function main(argv: readonly string[]): Promise<void> {
  const cpus = pinnableCpus()
  const known = measurementsOn(cpus)
  const options = optionsOf(argv, known)
  if (options.help) {
    process.stdout.write(usage(known))
    return
  }
  if (!isOnPath('mkfifo'))
    throw new UsageError('there is no mkfifo here, and the bench talks over named pipes')
  if (!HAS_PROC) say('no /proc here: CPU and memory are left out')
  const measurements = known.filter(({ name }) => options.only.includes(name))
  const contenders = contendersOf(options)
  const { effort } = options
  const begin = Date.now()
  using scratch = new Scratch()
  const place = { cpus, shared: scratch.folder }
  const results = await runRounds({ measurements, contenders, effort, place }, interruption(), say)
  const seconds = Math.round((Date.now() - begin) / 1000)
  const rows = measurements.flatMap((measurement) => measurement.rows)
  const names = contenders.map(({ name }) => name)
  const heading = headingOf({ rounds: effort.rounds, seconds, fileSystem: scratch.fileSystem })
  const table = tableOf(rows, names, options.selfCheck ? FLOOR_AGAIN.name : LSP_WAL, results)
  process.stdout.write(`${heading}\n${table}`)
  for (const failure of results.failures) process.stdout.write(`\nFailed: ${failure}\n`)
  if (results.failures.length > 0) process.exitCode = 1
}

function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => controller.abort(new Interrupted(signal)))
  return controller.signal
}

function contendersOf({ contenders, selfCheck }: Options): Contender[] {
  const chosen = CONTENDERS.filter(({ name }) => contenders.includes(name))
  const isHere = ({ program }: Contender) => program === undefined || isOnPath(program)
  for (const { name } of chosen.filter((each) => !isHere(each))) say(`${name} is not installed: left out`)
  return [...chosen.filter(isHere), ...(selfCheck ? [FLOOR_AGAIN] : [])]
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof UsageError) {
    say(`${error.message}; see: npm run bench -- --help`)
    process.exitCode = 2
  } else if (error instanceof Interrupted) {
    say(error.message)
    process.exitCode = 130
  } else {
    say(String((error as Error)?.stack ?? error))
    process.exitCode = 1
  }
})
