import { isUtf8 } from 'node:buffer'
import { join } from 'node:path'
import type { Content, Disk, Stat } from '../disk/disk.ts'
import type { Image } from '../edits/images.ts'
import { imagesOf } from '../edits/images.ts'
import { LineIndex } from '../edits/line-index.ts'
import { sameText } from '../edits/normalize.ts'
import { type Original, pathsOf, type Step } from '../edits/steps.ts'
import type { Env } from '../journal/env.ts'
import type { About, Intent, PathFacts } from '../journal/intent.ts'
import type { Mirror } from './mirror.ts'
import type { Lowered } from './workspace-edit.ts'

/** An edit that is larger than what the user allows to be recorded. */
class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

const LF = 10
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Reads the originals of an edit and says what becomes of each: an intent, ready to be appended.
 * @throws DiskError where an original cannot be read; TooLarge above `limit` bytes of originals
 */
export async function composeIntent(
  env: Env,
  mirror: Mirror,
  lowered: Lowered,
  about: About,
  limit: number,
): Promise<{ readonly intent: Intent; readonly skipped: readonly string[] }> {
  const reader = new Originals(env, mirror, lowered.steps, limit)
  await reader.readAll(pathsOf(lowered.steps))
  for (const [path, version] of lowered.versions) reader.checkVersion(path, version)
  const { images, foldersMade, foldersRemoved } = imagesOf(lowered.steps, reader.originals, mirror.encoding)
  // Whatever it is that cannot be told of a file's text, a file that is gone afterwards is gone.
  const doubtOf = (image: Image) =>
    image.after.kind === 'file' ? (lowered.inexact.get(image.path) ?? reader.doubtOf(image)) : undefined
  const intent: Intent = {
    id: env.host.random(16),
    images: images.map((image) => inexactAs(image, reader.linkAt(image) ?? doubtOf(image))),
    facts: reader.facts,
    folders: { made: foldersMade, removed: foldersRemoved },
    foreign: false,
    about,
  }
  return { intent, skipped: reader.skipped }
}

function inexactAs(image: Image, reason: string | undefined): Image {
  if (reason === undefined || image.after.kind === 'unknown') return image
  return { ...image, after: { kind: 'unknown', reason }, source: undefined, edits: [] }
}

const NOTHING = { stat: undefined, bytes: undefined }

class Originals {
  readonly originals = new Map<string, Original>()
  readonly facts = new Map<string, PathFacts>()
  /** Links, devices and the like in a folder that is moved or deleted: never followed, never read. */
  readonly skipped: string[] = []
  readonly #env: Env
  readonly #disk: Disk
  readonly #mirror: Mirror
  readonly #steps: readonly Step[]
  readonly #movedOrRemoved: ReadonlySet<string>
  readonly #limit: number
  /** Paths whose original does not tell what an edit makes of them, and why. */
  readonly #doubts = new Map<string, string>()
  readonly #links = new Map<string, string>()
  readonly #sizes = new Map<string, number>()
  #size = 0

  constructor(env: Env, mirror: Mirror, steps: readonly Step[], limit: number) {
    this.#env = env
    this.#disk = env.disk
    this.#mirror = mirror
    this.#steps = steps
    this.#movedOrRemoved = new Set(steps.flatMap(movedOrRemovedBy))
    this.#limit = limit
  }

  /** Of what stood at the path, or of the file that comes to stand there. */
  doubtOf({ path, source }: Image): string | undefined {
    return this.#doubts.get(path) ?? (source === undefined ? undefined : this.#doubts.get(source))
  }

  /** A link that is moved or removed is not the file behind it: what stands there afterwards is not told. */
  linkAt({ path, source }: Image): string | undefined {
    return this.#links.get(path) ?? (source === undefined ? undefined : this.#links.get(source))
  }

  /** Editors skip an edit that is meant for another state of a document, some of them silently. */
  checkVersion(path: string, version: number): void {
    const open = this.#mirror.document(path)?.version
    if (open !== undefined && open !== version)
      this.#doubts.set(path, `it is meant for version ${version}, and the editor is at ${open}`)
  }

  async readAll(paths: readonly string[]): Promise<void> {
    const asked = paths.filter((path) => !this.originals.has(path))
    await this.#findLinks(asked)
    const contents = await this.#disk.readMany(asked, (path, size) => this.#count(path, size))
    for (const [i, path] of asked.entries()) {
      if (this.originals.has(path)) continue // it lies in a folder that was read meanwhile
      const content = contents[i]!
      if (content.kind !== 'folder') this.#take(path, content)
      else if (this.#links.has(path)) this.#put(path, undefined, { from: 'disk' })
      else await this.#readFolder(path)
    }
  }

  async #findLinks(paths: readonly string[]): Promise<void> {
    const look = async (path: string) => {
      if ((await this.#disk.lstat(path))?.kind === 'link') this.#links.set(path, 'it is a symbolic link')
    }
    await Promise.all(paths.filter((path) => this.#movedOrRemoved.has(path)).map(look))
  }

  #take(path: string, content: Exclude<Content, { kind: 'folder' }>): void {
    // A device or a fifo is not read (it might never end): what an edit makes of it is the editor's affair.
    if (content.kind === 'other')
      return this.#put(path, undefined, { from: 'disk' }, 'it is no ordinary file')
    const { stat, bytes: disk } = content.kind === 'file' ? content : NOTHING
    const document = this.#mirror.document(path)
    if (document === undefined) return this.#put(path, disk, factsOf(stat))
    const buffer = (): PathFacts => ({
      ...factsOf(stat),
      from: 'buffer',
      ...(document.version !== undefined && { version: document.version }),
      disk: disk === undefined ? null : this.#env.hasher.hash(disk),
    })
    if (disk !== undefined && sameText(document.text, disk)) {
      const newline = this.#missingNewline(path, document.text, disk)
      return newline === undefined
        ? this.#put(path, disk, factsOf(stat))
        : this.#put(path, Buffer.concat([disk, newline]), buffer())
    }
    // A NUL: UTF-16 without a byte order mark, or no text at all.
    if (disk !== undefined && (!isUtf8(disk) || disk.includes(0))) {
      // Never the mirror's text for a file that is not UTF-8: written back, it would be another encoding.
      const clean =
        sameText(document.text, Buffer.from(new TextDecoder().decode(disk))) ||
        sameText(document.text, Buffer.from(disk.toString('latin1')))
      return this.#put(
        path,
        disk,
        factsOf(stat),
        clean ? undefined : 'it is not UTF-8 and its buffer has unsaved changes',
      )
    }
    const text = disk === undefined ? document.text : writtenLike(disk, document.text)
    this.#count(path, text.length)
    this.#put(path, text, buffer())
  }

  /**
   * The final newline that a buffer has and its file lacks (vim-lsp, Neovim's empty files), where an edit begins
   * behind it: without it the edit would be written onto the line before.
   */
  #missingNewline(path: string, text: Buffer, disk: Buffer): Buffer | undefined {
    if (text.at(-1) !== LF || disk.at(-1) === LF) return undefined
    const lines = new LineIndex(disk).lineCount
    const behind = this.#steps.some(
      (step) =>
        step.kind === 'text' &&
        step.path === path &&
        step.edits.some(({ range }) => range.start.line >= lines),
    )
    return behind ? Buffer.from(disk.includes('\r\n') ? '\r\n' : '\n') : undefined
  }

  async #readFolder(path: string): Promise<void> {
    const files: string[] = []
    const folders: string[] = []
    const walk = async (folder: string): Promise<void> => {
      for (const { name, kind } of (await this.#disk.list(folder)) ?? []) {
        const inner = join(folder, name)
        if (kind === 'folder') {
          folders.push(inner)
          await walk(inner)
        } else if (kind === 'file') files.push(inner)
        else this.skipped.push(inner)
      }
    }
    await walk(path)
    await this.readAll(files)
    // One that is gone by now, or was replaced by something else, is no part of what is moved or deleted.
    const still = files.filter((file) => this.originals.get(file)?.kind === 'file')
    this.originals.set(path, { kind: 'folder', files: still, folders })
  }

  #put(path: string, bytes: Buffer | undefined, facts: PathFacts, inexact?: string): void {
    this.originals.set(path, bytes === undefined ? { kind: 'absent' } : { kind: 'file', bytes })
    this.facts.set(path, facts)
    if (inexact !== undefined) this.#doubts.set(path, inexact)
  }

  /** Counts a path once, as what it was last found to hold. */
  #count(path: string, size: number): void {
    this.#size += size - (this.#sizes.get(path) ?? 0)
    this.#sizes.set(path, size)
    if (this.#size > this.#limit)
      throw new TooLarge(`its originals are larger than ${this.#limit} bytes (at ${path}; see --max-intent)`)
  }
}

/**
 * A buffer's text as its editor will write it: editors keep a file's BOM and line endings, and send neither. No
 * position moves: a BOM is before the first, and a line ending behind the last of its line.
 */
function writtenLike(disk: Buffer, text: Buffer): Buffer {
  const isCrlf = disk.includes('\r\n') && !/(^|[^\r])\n/.test(disk.toString('latin1'))
  const lines =
    isCrlf && !text.includes('\r') ? Buffer.from(text.toString('utf8').replaceAll('\n', '\r\n')) : text
  return disk.indexOf(BOM) === 0 && lines.indexOf(BOM) !== 0 ? Buffer.concat([BOM, lines]) : lines
}

function movedOrRemovedBy(step: Step): string[] {
  return step.kind === 'rename' ? [step.from, step.to] : step.kind === 'delete' ? [step.path] : []
}

function factsOf(stat: Stat | undefined): PathFacts {
  if (stat === undefined) return { from: 'disk' }
  return { from: 'disk', size: stat.size, mtimeNs: stat.mtimeNs, mode: stat.mode }
}
