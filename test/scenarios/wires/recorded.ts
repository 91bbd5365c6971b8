import type { Stage } from '../stage.ts'

interface EntryJson {
  readonly road: string
  readonly state: string
  readonly files: readonly { readonly path: string; readonly state?: string }[]
}

/**
 * What the log says of each edit, the oldest first: its road and state, and while it is pending what each of its paths
 * holds, in the order of their names.
 */
export async function recorded(stage: Stage): Promise<string[]> {
  const { stdout } = await stage.lspWal('log', '--json')
  const entries = (JSON.parse(stdout === '' ? '[]' : stdout) as EntryJson[]).reverse()
  return entries.map(({ road, state, files }) => {
    const paths = files.flatMap(({ path, state }) =>
      state === undefined ? [] : [`${path.slice(stage.workspace.length + 1)} ${state}`],
    )
    return [`${road}: ${state}`, ...paths.sort()].join(', ')
  })
}
