import type { Direction } from '../history/undo.ts'
import type { Conversation } from './conversation.ts'
import { frameAround } from './frames.ts'
import { notGiven } from './gate.ts'
import { asObject } from './json.ts'
import type { Message } from './message.ts'
import { isOwnAction, type Offer, withItem } from './offer.ts'
import type { OwnCommand, OwnCommands } from './own-commands.ts'
import type { Route, Watched } from './routes.ts'
import type { ShownDocuments } from './shown-documents.ts'
import type { TakeBacks } from './take-back.ts'
import { undoneWords } from './undone-words.ts'
import type { WorkProgress } from './work-progress.ts'

/** Runs a command of the command line on the workspace, and gives what it prints. */
export type CommandLine = (command: 'log' | 'show' | 'status', args: readonly string[]) => Promise<string>

/** What the commands act on, once the editor has said who it is. */
export interface Actors {
  /** Loaded when somebody asks for it: no start waits for that. */
  readonly takeBacks: () => Promise<TakeBacks>
  readonly documents: ShownDocuments
  readonly commandLine: CommandLine
  /** Looks again for what dead sessions left; resolves with whether there was something. */
  readonly recover: () => Promise<boolean>
  readonly progress: Pick<WorkProgress, 'during'>
  /** The editor takes code actions that are more than a command. */
  readonly takesActions: boolean
}

/** How the editor is spoken to. */
export interface Mouths {
  conversation(): Pick<Conversation, 'show'>
  /** Writes a frame of the proxy's own. */
  toEditor(frame: Buffer): void
}

const EXECUTE = 'workspace/executeCommand'
const MENU = 'textDocument/codeAction'
const RESOLVE = 'codeAction/resolve'

/** What the editor's user asks of the proxy: it is answered here, and the server never hears of it. */
export class EditorCommands {
  readonly #commands: OwnCommands
  readonly #offer: Offer
  readonly #mouths: Mouths
  #actors: Actors | undefined
  /** What is to stand in the menus that the server owes, by the id of the question. */
  readonly #items = new Map<string, string>()

  constructor(commands: OwnCommands, offer: Offer, mouths: Mouths) {
    this.#commands = commands
    this.#offer = offer
    this.#mouths = mouths
  }

  open(actors: Actors): void {
    this.#actors = actors
  }

  get any(): boolean {
    return this.#items.size > 0
  }

  /** The calls of the editor that are looked at, with those to the proxy among them. */
  over(calls: Watched['calls']): Watched['calls'] {
    return {
      ...calls,
      [EXECUTE]: before(calls[EXECUTE], (message) => this.#execute(message)),
      [RESOLVE]: before(calls[RESOLVE], (message) => this.#resolve(message)),
      [MENU]: after(calls[MENU], (message) => this.#menuAsked(message)),
    }
  }

  /** The route of an answer of the server's, with the proxy's own action in it where there is one. */
  overAnswer(id: string, route: Route | undefined): Route | undefined {
    const item = this.#items.get(id)
    if (item === undefined) return route
    return {
      kind: 'hold',
      settle: async (message) => {
        this.#items.delete(id)
        const frame = route === undefined ? message.frame : await settled(route, message)
        if (frame === undefined) return undefined
        const bodyAt =
          frame === message.frame ? frame.length - message.body.length : frame.indexOf('\r\n\r\n') + 4
        return withItem(frame, bodyAt, item)
      },
      tooLong: (id) => (route?.kind === 'hold' ? route.tooLong(id) : 'pass'),
    }
  }

  #menuAsked({ id, params }: Message): void {
    if (this.#actors === undefined || id === undefined) return
    const item = this.#offer.itemFor(params, this.#actors.takesActions, (command) =>
      this.#commands.idOf(command),
    )
    if (item !== undefined) this.#items.set(id, item)
  }

  /** Whether that was the proxy's own. */
  #resolve({ idAsWritten, params }: Message): boolean {
    if (!isOwnAction(params) || idAsWritten === undefined) return false
    this.#answer(idAsWritten, 'result', params)
    return true
  }

  #execute({ idAsWritten, params }: Message): boolean {
    const asked = this.#commands.asked(params)
    if (asked === undefined) return false
    const token = asObject(params).workDoneToken
    void this.#run(asked.command, asked.argument, token).then(
      (result) => idAsWritten !== undefined && this.#answer(idAsWritten, 'result', result ?? null),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        this.#mouths.conversation().show('error', reason)
        if (idAsWritten !== undefined) this.#mouths.toEditor(notGiven(idAsWritten, reason))
      },
    )
    return true
  }

  async #run(command: OwnCommand, argument: string | undefined, token: unknown): Promise<unknown> {
    const actors = this.#actors
    if (actors === undefined) throw new Error('the session has not begun')
    const work = () => this.#does(actors, command, argument)
    const isWatched = typeof token === 'string' || typeof token === 'number'
    return isWatched ? actors.progress.during(command, work, token) : work()
  }

  async #does(actors: Actors, command: OwnCommand, argument: string | undefined): Promise<unknown> {
    switch (command) {
      case 'undo':
      case 'redo':
        return this.#takeBack(actors, command, argument)
      case 'recover':
        if (!(await actors.recover()))
          this.#mouths.conversation().show('info', 'nothing is waiting to be recovered here')
        return null
      case 'log':
      case 'status':
        return show(actors, command, [], `${command}.txt`)
      case 'show':
        return show(actors, command, ['-p', ...(argument === undefined ? [] : [argument])], 'edit.diff')
    }
  }

  /** Takes an edit back, as if the user had asked for it by its id. */
  async undo(id: string): Promise<void> {
    if (this.#actors !== undefined) await this.#takeBack(this.#actors, 'undo', id)
  }

  async #takeBack({ takeBacks }: Actors, direction: Direction, id: string | undefined): Promise<unknown> {
    const undone = await (await takeBacks()).run(direction, id)
    for (const { severity, text } of undoneWords(direction, undone))
      this.#mouths.conversation().show(severity, text)
    for (const each of undone) this.#offer.takenBack(each)
    return undone
  }

  #answer(id: string, key: 'result' | 'error', value: unknown): void {
    this.#mouths.toEditor(frameAround(`{"jsonrpc":"2.0","id":${id},"${key}":${JSON.stringify(value)}}`))
  }
}

async function show(
  { commandLine, documents }: Actors,
  command: 'log' | 'show' | 'status',
  args: readonly string[],
  name: string,
): Promise<string> {
  const text = await commandLine(command, args)
  await documents.show(name, text)
  return text
}

/** A call that is taken by the proxy, or goes its way. */
function before(route: Route | undefined, take: (message: Message) => boolean): Route {
  return {
    kind: 'hold',
    settle: async (message) => {
      if (take(message)) return undefined
      return route === undefined ? message.frame : settled(route, message)
    },
    tooLong: (id) => (route?.kind === 'hold' ? route.tooLong(id) : 'pass'),
  }
}

/** A call that goes its way, and is looked at. */
function after(route: Route | undefined, look: (message: Message) => void): Route {
  if (route?.kind === 'hold')
    return {
      ...route,
      settle: (message) => {
        look(message)
        return route.settle(message)
      },
    }
  return {
    kind: 'observe',
    look: (message) => {
      look(message)
      route?.look(message)
    },
  }
}

async function settled(route: Route, message: Message): Promise<Buffer | undefined> {
  if (route.kind === 'hold') return route.settle(message)
  route.look(message)
  return message.frame
}
