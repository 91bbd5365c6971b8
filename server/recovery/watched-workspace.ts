import type { Unkept } from '../edits/file-bytes.ts'
import type { Intent } from '../journal/intent.ts'
import type { Change, Known, Move, Pairs, Placed, Sight, Spellings, Workspace } from './workspace.ts'

/** Told how far it is. `of`: how many there are, where that is known. */
export type Watch = (what: 'looking' | 'writing', done: number, of?: number) => void

/** As many changes go on at a time: the disk takes no more than that together anyway. */
const AT_A_TIME = 256

/** A workspace, and somebody who is told how far the work in it has come. */
export class WatchedWorkspace implements Workspace {
  readonly #workspace: Workspace
  readonly #watch: Watch
  #looked = 0

  constructor(workspace: Workspace, watch: Watch) {
    this.#workspace = workspace
    this.#watch = watch
  }

  look(path: string, known?: Known | Unkept): Promise<Sight> {
    this.#watch('looking', ++this.#looked)
    return this.#workspace.look(path, known)
  }

  spellings(pairs: Pairs): Promise<Spellings> {
    return this.#workspace.spellings(pairs)
  }

  respell(moves: readonly Move[], folders: Intent['folders']): Promise<readonly Placed[]> {
    return this.#workspace.respell(moves, folders)
  }

  async place(changes: readonly Change[], temporaryNameOf: (path: string) => string): Promise<Placed[]> {
    const placed: Placed[] = []
    for (let at = 0; at < changes.length; at += AT_A_TIME) {
      this.#watch('writing', at, changes.length)
      placed.push(...(await this.#workspace.place(changes.slice(at, at + AT_A_TIME), temporaryNameOf)))
    }
    this.#looked = 0
    return placed
  }

  /** A folder moves as a whole, as a rule: in between there is nothing to tell. */
  move(moves: readonly Move[], folders: Intent['folders']): Promise<readonly Placed[]> {
    this.#watch('writing', 0, moves.length)
    return this.#workspace.move(moves, folders)
  }

  settleFolders(made: readonly string[], removed: readonly string[]): Promise<void> {
    return this.#workspace.settleFolders(made, removed)
  }
}
