import { join } from 'node:path'
import type { Env } from '../journal/env.ts'
import type { Conversation } from './conversation.ts'
import { uriOfPath } from './document-uri.ts'
import { asObject } from './json.ts'

const LONGEST_MESSAGE = 2000

/** Texts that are too long for a message, as documents that the editor opens; in a folder of their own until the end. */
export class ShownDocuments {
  readonly #env: Env
  readonly #conversation: Conversation
  readonly #canShow: boolean
  #folder: Promise<string> | undefined
  readonly #files: string[] = []

  constructor(env: Env, conversation: Conversation, canShow: boolean) {
    this.#env = env
    this.#conversation = conversation
    this.#canShow = canShow
  }

  /** As a message where the editor shows no documents. `name`: of the file, with the ending that its syntax has. */
  async show(name: string, text: string): Promise<void> {
    if (this.#canShow) {
      const uri = uriOfPath(await this.#write(name, text))
      const { result } = await this.#conversation.request('window/showDocument', { uri, takeFocus: true })
      if (asObject(result).success === true) return
    }
    const shown = text.trimEnd()
    const cut = shown.length > LONGEST_MESSAGE ? `${shown.slice(0, LONGEST_MESSAGE)}…` : shown
    this.#conversation.show('info', cut)
  }

  async end(): Promise<void> {
    const { disk } = this.#env
    const folder = await this.#folder
    if (folder === undefined) return
    for (const file of this.#files) await disk.remove(file)
    await disk.removeFolder(folder)
  }

  async #write(name: string, text: string): Promise<string> {
    const { disk, host } = this.#env
    this.#folder ??= this.#makeFolder()
    // A name of its own each time: the editor may have the last one open.
    const path = join(await this.#folder, `${host.random(2)}-${name}`)
    const file = await disk.open(path, 'create', 0o600)
    this.#files.push(path)
    try {
      await file.write(Buffer.from(text, 'utf8'))
    } finally {
      await file.close()
    }
    return path
  }

  async #makeFolder(): Promise<string> {
    const { disk, host } = this.#env
    const folder = join(host.temporary, `lsp-wal-${host.random(8)}`)
    await disk.makeFolder(folder, 0o700)
    return folder
  }
}
