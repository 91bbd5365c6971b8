import { readSync, writeSync } from 'node:fs'

// What a pipe or a socket hands out at once is less: one call takes all there is.
const READ_AT_ONCE = 2 ** 20
// More than a pipe holds, so that where frames are cut is left to the pipe.
const WRITE_AT_ONCE = 2 ** 18

const HEADER_END = Buffer.from('\r\n\r\n')
const LENGTH_AT = 'Content-Length: '.length

/**
 * One end of a conversation in LSP frames, over two descriptors that block.
 * Blocking, since a read or a write then costs a system call and nothing else: what is measured is the relay in
 * between. A process that uses it must not touch `process.stdin` or `process.stdout`: Node makes those non-blocking.
 */
export class Wire {
  readonly #input: number
  readonly #output: number
  #buffer = Buffer.allocUnsafeSlow(READ_AT_ONCE)
  /** What was read and not yet taken: `#buffer` from here to `#end`. */
  #start = 0
  #end = 0

  constructor(input: number, output: number) {
    this.#input = input
    this.#output = output
  }

  /** The next frame's body, valid until the next call; undefined at the end of the stream. */
  tryReceive(): Buffer | undefined {
    let end = this.#headerEnd()
    while (end < 0) {
      if (!this.#fill(READ_AT_ONCE)) return undefined
      end = this.#headerEnd()
    }
    const header = this.#buffer.toString('latin1', this.#start, end)
    if (!header.startsWith('Content-Length: ')) throw new Error(`no frame where one was due: ${header}`)
    const length = Number(header.slice(LENGTH_AT))
    this.#start = end + HEADER_END.length
    while (this.#end - this.#start < length)
      if (!this.#fill(length)) throw new Error('the stream ended inside a frame')
    const body = this.#buffer.subarray(this.#start, this.#start + length)
    this.#start += length
    return body
  }

  /** The next frame's body, valid until the next call. */
  receive(): Buffer {
    const body = this.tryReceive()
    if (body === undefined) throw new Error('the stream ended where a frame was due')
    return body
  }

  /** The next message that is for the bench; a proxy may have words of its own in between, such as notifications. */
  receiveAnswer(id: number | string): Json {
    for (;;) {
      const message = JSON.parse(this.receive().toString('utf8')) as Json
      if (message.id === id && message.method === undefined) return message
    }
  }

  send(message: object): void {
    this.write(frameOf(Buffer.from(JSON.stringify(message))))
  }

  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#output, bytes, at)
  }

  /** Writes one frame so many times, several in one write. */
  pour(frame: Buffer, count: number): void {
    const atOnce = Math.min(count, Math.ceil(WRITE_AT_ONCE / frame.length))
    const batch = atOnce === 1 ? frame : Buffer.concat(Array.from({ length: atOnce }, () => frame))
    for (let left = count; left > 0; left -= atOnce)
      this.write(left < atOnce ? batch.subarray(0, left * frame.length) : batch)
  }

  /**
   * Reads what `pour` wrote at the other end, to its last byte.
   * Compares the first and the last byte of every chunk with what stands there in the frame: a byte that was lost,
   * added or moved shows, at no cost.
   */
  drain(frame: Buffer, count: number): void {
    const total = frame.length * count
    let at = 0
    while (at < total) {
      if (this.#start === this.#end && !this.#fill(READ_AT_ONCE))
        throw new Error(`the stream ended after ${at} of ${total} bytes`)
      const length = Math.min(this.#end - this.#start, total - at)
      const last = at + length - 1
      if (
        this.#buffer[this.#start] !== frame[at % frame.length] ||
        this.#buffer[this.#start + length - 1] !== frame[last % frame.length]
      )
        throw new Error(`other bytes came than were sent, between ${at} and ${last} of ${total}`)
      this.#start += length
      at += length
    }
  }

  #headerEnd(): number {
    const end = this.#buffer.subarray(this.#start, this.#end).indexOf(HEADER_END)
    return end < 0 ? -1 : this.#start + end
  }

  /** Reads more, with room for `length` bytes from `#start`; false at the end of the stream. */
  #fill(length: number): boolean {
    if (this.#start === this.#end) {
      this.#start = 0
      this.#end = 0
    }
    if (this.#buffer.length < this.#start + length || this.#end === this.#buffer.length)
      this.#makeRoom(length)
    const read = readSync(this.#input, this.#buffer, this.#end, this.#buffer.length - this.#end, null)
    this.#end += read
    return read > 0
  }

  #makeRoom(length: number): void {
    const kept = this.#buffer.subarray(this.#start, this.#end)
    const size = Math.max(length, kept.length + READ_AT_ONCE)
    const buffer = size > this.#buffer.length ? Buffer.allocUnsafeSlow(size) : this.#buffer
    kept.copy(buffer)
    this.#buffer = buffer
    this.#start = 0
    this.#end = kept.length
  }
}

/** A message, or a part of one. */
export type Json = Readonly<Record<string, unknown>>

/** A frame around a body, its header as every library writes it. */
export function frameOf(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body])
}
