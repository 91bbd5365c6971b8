import { bytesOf, type FileBytes, isUnkept } from '../edits/file-bytes.ts'
import { bareImages, type Image, imageOf, type Outline, type Outlines, outlinesOf } from '../edits/images.ts'
import { pathsOf, type Step } from '../edits/steps.ts'
import type { TextEdit } from '../edits/text-edit.ts'
import type { Batch, Draft } from '../journal/draft.ts'
import type { Env } from '../journal/env.ts'
import type { About, PathFacts, Withheld } from '../journal/intent.ts'
import { withheldAs } from '../journal/withhold.ts'
import { bareMovesAmong } from './bare-moves-among.ts'
import { grouped } from './group-outlines.ts'
import type { Mirror } from './mirror.ts'
import { factsOf, type Original, originalOf } from './original.ts'
import { Standings } from './standings.ts'
import type { Lowered } from './workspace-edit.ts'

/** An edit that is larger than what the user allows to be recorded. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

/** A file became something else between the look at it and its reading: what the edit comes to is to be told anew. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile'

  constructor(path: string) {
    super(`${path} changes while its edit is recorded`)
  }
}

/** What is read at a time, if it is not one file: it stays in the processor's cache until it is written. */
const BATCH_BYTES = 256 * 1024
const BATCH_FILES = 64
/** For longer the relay's other direction does not wait. */
const SLICE_MS = 4

/**
 * Looks at the files of an edit and says what becomes of which, as far as that can be told without reading them.
 * @throws DiskError where one cannot be looked at; TooLarge above `limit` bytes of originals
 */
export async function composeIntent(
  env: Env,
  mirror: Mirror,
  lowered: Lowered,
  about: About,
  limit: number,
): Promise<Composed> {
  const standings = new Standings(env.disk, mirror, lowered.steps)
  await standings.look(pathsOf(lowered.steps))
  return new Composed(env, mirror, lowered, about, standings, new Size(limit))
}

/** An intent whose files are read when it is written. */
export class Composed implements Draft {
  readonly id: string
  readonly folders: Draft['folders']
  /** What becomes of which path. */
  readonly outlines: readonly Outline[]
  /** What is no ordinary file, or has a name that is not UTF-8, in a folder that is moved or deleted. */
  readonly skipped: readonly string[]
  /** What was kept out of the log, when it was written last, at hand. */
  readonly withheldImages: Image[] = []
  readonly #env: Env
  readonly #mirror: Mirror
  readonly #lowered: Lowered
  readonly #about: About
  readonly #standings: Standings
  readonly #size: Size
  /** Both ends of each bare move, and the other end. */
  readonly #bare: ReadonlyMap<string, string>
  #withheld: ReadonlySet<string> = new Set()

  constructor(env: Env, mirror: Mirror, lowered: Lowered, about: About, standings: Standings, size: Size) {
    this.#env = env
    this.#mirror = mirror
    this.#lowered = lowered
    this.#about = about
    this.#standings = standings
    this.#size = size
    this.id = env.host.random(16)
    const { outlines, foldersMade, foldersRemoved }: Outlines = outlinesOf(lowered.steps, standings.all)
    this.#bare = bareMovesAmong(outlines, standings, mirror)
    this.folders = { made: foldersMade, removed: foldersRemoved }
    const isUnreadable = ({ path, source }: Outline) =>
      !this.#bare.has(path) &&
      (standings.isUnread(path) || (source !== undefined && standings.isUnread(source)))
    this.outlines = outlines.filter((outline) => !isUnreadable(outline))
    const unread = outlines.filter((outline) => outline.hasBefore && isUnreadable(outline))
    this.skipped = [...standings.skipped, ...unread.map(({ path }) => path)]
    for (const { path, hasBefore } of this.outlines)
      if (hasBefore && !this.#bare.has(path)) size.count(path, standings.sizes.get(path) ?? 0)
  }

  get hasBare(): boolean {
    return this.#bare.size > 0
  }

  /** Whether a path is one end of a move of which no bytes are kept. */
  isBare(path: string): boolean {
    return this.#bare.has(path)
  }

  /** Keeps all that these paths hold out of the log, and the WorkspaceEdit, which says the new text. */
  withhold(paths: ReadonlySet<string>): void {
    this.#withheld = paths
  }

  get withholds(): boolean {
    return this.#withheld.size > 0
  }

  get about(): About {
    const { edit: _, ...about } = this.#about
    return this.withholds ? about : this.#about
  }

  /**
   * Reads the files, a few at a time; what is hashed is what is written, since each is read once.
   * @throws DiskError where one cannot be read; TooLarge; ChangedMeanwhile
   */
  async *batches(): AsyncGenerator<Batch> {
    this.withheldImages.length = 0
    const sizeOf = ({ path, hasBefore }: Outline) =>
      hasBefore && !this.#bare.has(path) ? (this.#standings.sizes.get(path) ?? 0) + 1 : 0
    const total = this.outlines.reduce((sum, outline) => sum + sizeOf(outline), 0)
    // Used again for each batch: new memory takes as long as what is done in it.
    const room = Buffer.allocUnsafeSlow(Math.min(BATCH_BYTES, total))
    let since = performance.now()
    for (const outlines of grouped(this.outlines, sizeOf, { size: BATCH_BYTES, count: BATCH_FILES })) {
      yield this.#batchOf(outlines, await this.#read(outlines, room))
      if (performance.now() - since < SLICE_MS) continue
      await new Promise((turn) => setImmediate(turn))
      since = performance.now()
    }
  }

  async #read(outlines: readonly Outline[], room: Buffer): Promise<Map<string, Original>> {
    const paths = outlines
      .filter(({ hasBefore, path }) => hasBefore && !this.#bare.has(path))
      .map(({ path }) => path)
    const files = paths.map((path) => ({ path, size: this.#standings.sizes.get(path) ?? 0 }))
    const admit = (path: string, size: number) => this.#size.count(path, size)
    const contents = await this.#env.disk.readMany(files, admit, room)
    const originals = new Map<string, Original>()
    for (const [i, path] of paths.entries()) {
      const content = contents[i]!
      if (content.kind !== 'file' && content.kind !== 'absent') throw new ChangedMeanwhile(path)
      const edits = () => editsOf(this.#lowered.steps, path)
      const original = originalOf(content, this.#mirror.document(path), edits, this.#env.hasher)
      if (original.bytes === undefined) throw new ChangedMeanwhile(path)
      this.#size.count(path, original.bytes.length)
      originals.set(path, original)
    }
    return originals
  }

  #batchOf(outlines: readonly Outline[], originals: ReadonlyMap<string, Original>): Batch {
    const images: Image[] = []
    const withheld: Withheld[] = []
    const facts = new Map<string, PathFacts>()
    const bytesAt = (path: string) => originals.get(path)!.bytes!
    for (const outline of outlines) {
      const { path } = outline
      if (this.#bare.has(path)) {
        if (!outline.hasBefore) continue // it comes with its other end
        this.#addBare(path, images, facts)
        continue
      }
      const image = this.#withDoubt(imageOf(outline, bytesAt, this.#mirror.encoding), originals)
      const known = originals.get(path)?.facts ?? this.#factsOfNothing(path)
      if (known !== undefined) facts.set(path, known)
      if (this.#withheld.has(path)) {
        withheld.push(withheldAs(image, this.#env.hasher))
        this.withheldImages.push(atHand(image))
      } else images.push(image)
    }
    return { images, withheld, facts }
  }

  /** It is looked at when it is written down, and not opened. @throws ChangedMeanwhile */
  #addBare(from: string, images: Image[], facts: Map<string, PathFacts>): void {
    const to = this.#bare.get(from)!
    const stat = this.#env.disk.lstatNow(from)
    if (stat === undefined || stat.kind === 'folder') throw new ChangedMeanwhile(from)
    images.push(...bareImages(from, to, stat.size))
    facts.set(from, factsOf(stat)).set(to, { from: 'disk' })
  }

  /** Of a path at which there is no file; undefined: nobody looked there, or it is a folder. */
  #factsOfNothing(path: string): PathFacts | undefined {
    const standing = this.#standings.all.get(path)
    return standing === undefined || standing.kind === 'folder' ? undefined : { from: 'disk' }
  }

  #withDoubt(image: Image, originals: ReadonlyMap<string, Original>): Image {
    if (image.after.kind === 'unknown') return image
    const { path, source } = image
    // Of what stood at the path, or of the file that comes to stand there.
    const either = (doubt: (path: string) => string | undefined) =>
      doubt(path) ?? (source === undefined ? undefined : doubt(source))
    let reason = either((path) => (this.#standings.isLink(path) ? 'it is a symbolic link' : undefined))
    // Whatever it is that cannot be told of a file's text, a file that is gone afterwards is gone.
    if (image.after.kind === 'file')
      reason ??= this.#lowered.inexact.get(path) ?? either((path) => this.#doubtOf(path, originals))
    if (reason === undefined) return image
    return { ...image, after: { kind: 'unknown', reason }, source: undefined, edits: [] }
  }

  #doubtOf(path: string, originals: ReadonlyMap<string, Original>): string | undefined {
    const meant = this.#lowered.versions.get(path)
    const open = this.#mirror.document(path)?.version
    // Editors skip an edit that is meant for another state of a document, some of them silently.
    if (meant !== undefined && open !== undefined && open !== meant)
      return `it is meant for version ${meant}, and the editor is at ${open}`
    return this.#standings.isOther(path) ? 'it is no ordinary file' : originals.get(path)?.doubt
  }
}

function editsOf(steps: readonly Step[], path: string): readonly TextEdit[] {
  return steps.flatMap((step) => (step.kind === 'text' && step.path === path ? step.edits : []))
}

/** The image with memory of its own, as far as its bytes are kept. */
export function atHand({ before, after, ...image }: Image): Image {
  return {
    ...image,
    before: before && copyOf(before),
    after: after.kind === 'file' ? { kind: 'file', bytes: copyOf(after.bytes) } : after,
  }
}

function copyOf(bytes: FileBytes): FileBytes {
  return isUnkept(bytes) ? bytes : Buffer.from(bytesOf(bytes))
}

/** The originals of an edit, all together. */
class Size {
  readonly #limit: number
  readonly #sizes = new Map<string, number>()
  #sum = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Counts a path once, as what it was last found to hold. */
  count(path: string, size: number): void {
    this.#sum += size - (this.#sizes.get(path) ?? 0)
    this.#sizes.set(path, size)
    if (this.#sum > this.#limit)
      throw new TooLarge(`its originals are larger than ${this.#limit} bytes (at ${path}; see --max-intent)`)
  }
}
