import { asObject } from './json.ts'

/** How many answers to code action requests are remembered: the menu that is open, and the one before. */
const REMEMBERED = 2
const LONGEST = 120

/**
 * What an edit is called: the label that the server gave it, else the code action that the user picked, else the
 * command that the server is at.
 */
export class Labels {
  /** Of each remembered answer: command and arguments, as JSON, to the action's title. */
  readonly #menus: Map<string, string>[] = []
  #running: { readonly id: string | undefined; readonly label: string | undefined } | undefined

  get isCommandRunning(): boolean {
    return this.#running !== undefined
  }

  /** Whether the server's answer `id` is to that command. */
  isRunning(id: string): boolean {
    return this.#running?.id === id
  }

  commandEnded(id: string): void {
    if (this.isRunning(id)) this.#running = undefined
  }

  /** The server has answered with a list of code actions, or with one. */
  menuShown(result: unknown): void {
    const menu = new Map<string, string>()
    for (const action of [result].flat()) {
      const { title, command } = asObject(action)
      // A code action holds its command; a bare command in the list is one itself.
      const { command: name, arguments: args } =
        typeof command === 'string' ? asObject(action) : asObject(command)
      if (typeof title === 'string' && typeof name === 'string') menu.set(keyOf(name, args), title)
    }
    if (menu.size === 0) return
    this.#menus.unshift(menu)
    this.#menus.length = Math.min(this.#menus.length, REMEMBERED)
  }

  /** The editor sends a command: `params` of `workspace/executeCommand`. */
  commandSent(id: string | undefined, params: unknown): void {
    const { command, arguments: args } = asObject(params)
    if (typeof command !== 'string' || id === undefined) return // nothing would tell when it is over
    const key = keyOf(command, args)
    const title = this.#menus.find((menu) => menu.has(key))?.get(key)
    this.#running = { id, label: title ?? command }
  }

  /** `given`: what the server says itself, if anything. One line, short enough to be shown. */
  labelOf(given: unknown): string {
    const text = typeof given === 'string' && given.trim() !== '' ? given : (this.#running?.label ?? 'Edit')
    return text.trim().split('\n')[0]!.slice(0, LONGEST)
  }
}

function keyOf(command: string, args: unknown): string {
  return JSON.stringify([command, args ?? []])
}
