import { basename } from 'node:path'
import type { Env } from '../journal/env.ts'
import { Session } from '../journal/session.ts'
import { DiskWorkspace } from '../recovery/disk-workspace.ts'
import { type ClientFacts, foldersChangedBy } from './client-facts.ts'
import type { Conversation } from './conversation.ts'
import { type Excluded, excludedBy } from './exclusion.ts'
import { Housekeeper } from './housekeeper.ts'
import type { Mirror } from './mirror.ts'
import type { Offer } from './offer.ts'
import type { ProxyOptions } from './proxy-options.ts'
import { Recorder } from './recorder.ts'
import { Settlement } from './settlement.ts'
import { ShownDocuments } from './shown-documents.ts'
import { WayBack } from './way-back.ts'
import { WorkProgress } from './work-progress.ts'
import { WorkspaceFolders } from './workspace-folders.ts'

/** What was there before the editor said who it is. */
export interface Surroundings {
  readonly env: Env
  readonly options: ProxyOptions
  readonly mirror: Mirror
  readonly conversation: Conversation
  readonly offer: Offer
  /** Resolves when orders of the command line may be carried out; rejects where nobody should wait for that. */
  readonly ready: () => Promise<void>
  readonly tell: (problem: unknown) => void
}

/** What exists once the editor has said who it is: its folders, its session in the journal, and who writes there. */
export class Started {
  readonly client: ClientFacts
  readonly folders = new WorkspaceFolders()
  /** The workspace folders, also those that are opened later. */
  readonly disk: DiskWorkspace
  readonly session: Session
  readonly settlement: Settlement
  readonly recorder: Recorder
  readonly housekeeper: Housekeeper
  readonly progress: WorkProgress
  readonly wayBack: WayBack
  readonly documents: ShownDocuments
  readonly #here: Surroundings
  #excluded: Promise<Excluded | undefined>

  constructor(here: Surroundings, client: ClientFacts) {
    const { env, mirror, conversation, offer, tell } = here
    const { command, limits, maxIntent, recover, root } = here.options
    this.#here = here
    this.client = client
    this.folders.start(client.folders)
    this.#excluded = this.#exclude()
    const start = { folders: this.folders.all, server: command, editor: client.editor }
    this.session = new Session(env, root, start, tell, {
      openPaths: () => mirror.paths,
      carryOut: async (order) => {
        await here.ready() // nothing is sent to either side before
        return this.wayBack.ordered(order)
      },
    })
    this.disk = new DiskWorkspace(env.disk, this.folders.all)
    this.settlement = new Settlement(env, mirror, this.disk, tell)
    this.recorder = new Recorder(env, mirror, conversation, this.session, this.disk, {
      server: basename(command[0] ?? ''),
      maxIntent,
      excluded: () => this.#excluded,
      confirmsParts: client.confirmsParts,
    })
    this.housekeeper = new Housekeeper(
      async (mayGoOn) => {
        // Loaded only then: no start waits for it.
        const { keepHouse } = await import('../journal/housekeeping.ts')
        return keepHouse(env, root, limits, mayGoOn)
      },
      () => this.recorder.idle(),
      // Nobody asked for it now, and the next one tries again.
      (problem) => conversation.log('warning', `the history could not be kept small: ${String(problem)}`),
    )
    this.progress = new WorkProgress(conversation, client.showsProgress, env.host.random(4))
    this.wayBack = new WayBack({
      env,
      root,
      recover,
      client,
      start,
      session: this.session,
      settlement: this.settlement,
      mirror,
      conversation,
      offer,
      progress: this.progress,
      tell,
    })
    this.documents = new ShownDocuments(env, conversation, client.showsDocuments)
  }

  /** The editor opens and leaves folders. */
  foldersChanged(params: unknown): void {
    if (!this.folders.change(foldersChangedBy(params))) return
    this.#excluded = this.#exclude()
    this.session.foldersAdded()
  }

  /** Puts everything away; what fails is told, and found by the next start. Never rejects. */
  async end(): Promise<void> {
    // Last what nothing depends on.
    for (const end of [
      () => this.settlement.finish(),
      () => this.wayBack.end(),
      () => this.session.end(),
      () => this.documents.end(),
      () => this.housekeeper.end(),
    ]) {
      try {
        await end()
      } catch (error) {
        this.#here.tell(error) // everything that matters is in the log
      }
    }
  }

  #exclude(): Promise<Excluded | undefined> {
    return excludedBy(this.#here.env.disk, this.#here.options.exclude, this.folders.all)
  }
}
