import { plural } from '../history/words.ts'
import { type Watch, WatchedWorkspace } from '../recovery/watched-workspace.ts'
import type { Workspace } from '../recovery/workspace.ts'
import type { Surroundings } from './command.ts'

type Shows = Pick<Surroundings, 'progress'>

/** A workspace, and what is done in it told of; whoever is done with it says so. */
export function shown({ progress }: Shows, workspace: Workspace): Workspace {
  const watch: Watch = (what, done, of) =>
    progress(what === 'looking' ? `looking at ${plural(done, 'file')}` : `writing: ${done} of ${of} files`)
  return new WatchedWorkspace(workspace, watch)
}

/** For what goes through the history, session by session. */
export function reading({ progress }: Shows): (sessions: number) => void {
  return (sessions) => progress(`reading the history: ${plural(sessions, 'session')}`)
}

/** For what is removed, one after the other. */
export function counting({ progress }: Shows, doing: string): () => Promise<boolean> {
  let n = 0
  return () => {
    progress(`${doing}: ${n++}`)
    return Promise.resolve(true)
  }
}
