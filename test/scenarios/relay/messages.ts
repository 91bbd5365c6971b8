/** One frame: a header and so many bytes of body. `head` writes the header for a body's length. */
export function frame(body: string | Buffer, head: (length: number) => string = plainHead): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([Buffer.from(head(bytes.length), 'latin1'), bytes])
}

/** A JSON-RPC message in its frame. */
export function message(content: object): Buffer {
  return frame(JSON.stringify({ jsonrpc: '2.0', ...content }))
}

function plainHead(length: number): string {
  return `Content-Length: ${length}\r\n\r\n`
}

/** What a fault server says of itself first. */
export interface Announcement {
  readonly pid: number
  /** Of the process that started it: the innermost proxy. */
  readonly ppid: number
}

export function announcement(of: Announcement): Buffer {
  return message({ method: '$/started', params: of })
}

/** How a fault server tells what happened to it. */
export function report(what: unknown): Buffer {
  return message({ method: '$/report', params: { what } })
}

/** Runs of frames: how many, and how many bytes each takes with its header. */
export type Flood = readonly (readonly [frames: number, bytes: number])[]

/** The frames of a flood, each different from every other. */
export function* flood(runs: Flood): Generator<Buffer> {
  let n = 0
  for (const [frames, bytes] of runs) {
    for (let i = 0; i < frames; i++)
      yield sized(bytes, `{"jsonrpc":"2.0","method":"$/flood","params":{"n":${n++},"text":"`, '"}}')
  }
}

/** The arguments that make a fault server write a flood. */
export function floodArgs(runs: Flood): string[] {
  return runs.flat().map(String)
}

/** Bytes that a relay may keep back of a frame that it is in the middle of. */
export const FEW = 16 * 1024

/** A frame of so many bytes, header and all, with text between the start and the end of its body. */
export function sized(bytes: number, start: string, end: string): Buffer {
  // The header's own length depends on the number in it.
  let length = bytes
  while (plainHead(length).length + length > bytes) length--
  const whole = Buffer.alloc(bytes, 'x')
  whole.write(plainHead(length) + start, 'latin1')
  whole.write(end, bytes - end.length, 'latin1')
  return whole
}

/** What a fault server shouts on stderr: a megabyte of bytes that stand in none of its frames. */
export function shouted(round: number): Buffer {
  return Buffer.from(
    Uint8Array.from({ length: 2 ** 20 }, (_, i) => 0x80 | ((i * 31 + (i >> 8) + round) & 0x7f)),
  )
}

/** Where two runs of bytes part, and what stands there; undefined: they are the same. */
export function difference(came: Buffer, sent: Buffer): object | undefined {
  if (came.equals(sent)) return undefined
  let at = 0
  while (came[at] === sent[at]) at++
  const around = (bytes: Buffer) => bytes.toString('latin1', Math.max(0, at - 60), at + 60)
  return { at, came: around(came), sent: around(sent), lengths: [came.length, sent.length] }
}
