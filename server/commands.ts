import about from '../package.json' with { type: 'json' }
import { type Command, nearest, UsageError } from './cli/command.ts'
import type { HeadlessTools } from './cli/headless/tools.ts'

/** Every command by its name, loaded when it is asked for. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  log: () => import('./cli/log.ts').then(({ log }) => log),
  show: () => import('./cli/show.ts').then(({ show }) => show),
  status: () => import('./cli/status.ts').then(({ status }) => status),
  files: () => import('./cli/files.ts').then(({ files }) => files),
  export: () => import('./cli/export.ts').then(({ exportPatch }) => exportPatch),
  rename: async () => (await import('./cli/headless/rename.ts')).renameWith(await headlessTools()),
  action: async () => (await import('./cli/headless/action.ts')).actionWith(await headlessTools()),
  undo: () => import('./cli/undo.ts').then(({ undo }) => undo),
  redo: () => import('./cli/redo.ts').then(({ redo }) => redo),
  recover: () => import('./cli/recover.ts').then(({ recover }) => recover),
  verify: () => import('./cli/verify.ts').then(({ verify }) => verify),
  forget: () => import('./cli/forget.ts').then(({ forget }) => forget),
  gc: () => import('./cli/gc.ts').then(({ gc }) => gc),
  config: () => import('./cli/config/config.ts').then(({ config }) => config),
  doctor: () => import('./cli/doctor/doctor.ts').then(({ doctor }) => doctor),
  demo: () => import('./cli/demo/demo.ts').then(({ demo }) => demo),
}

/** @throws UsageError */
export function commandNamed(name: string): () => Promise<Command> {
  const names = Object.keys(COMMANDS)
  if (names.includes(name)) return COMMANDS[name]!
  const meant = nearest(name, names)
  throw new UsageError(
    `no command ${name}${meant === undefined ? '' : ` (is it ${meant}?)`}; see: lsp-wal --help`,
  )
}

/** What `cli/` has no way to by itself. */
async function headlessTools(): Promise<HeadlessTools> {
  const { composeHeld } = await import('./proxy/compose-held.ts')
  return { version: about.version, compose: composeHeld, unbroken }
}

async function unbroken<T>(work: () => Promise<T>): Promise<T> {
  const heard: NodeJS.Signals[] = []
  const hear = (signal: NodeJS.Signals): void => void heard.push(signal)
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, hear)
  try {
    return await work()
  } finally {
    for (const signal of signals) process.off(signal, hear)
    if (heard[0] !== undefined) process.kill(process.pid, heard[0])
  }
}
