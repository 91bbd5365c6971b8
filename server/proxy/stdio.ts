import { closeSync, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { devNull } from 'node:os'
import type { Readable, Writable } from 'node:stream'

/**
 * The standard streams as ordinary ones, which can be closed: Node's own never let go of their descriptor, and an
 * editor whose server has closed its output would not see it. `orElse`: for what is no pipe (a file, a terminal).
 */
export function openInput(fd: number, orElse: () => Readable): Readable {
  return isPipe(fd) ? new Socket({ fd, readable: true, writable: false }) : orElse()
}

export function openOutput(fd: number, orElse: () => Writable): Writable {
  if (!isPipe(fd)) return orElse()
  const output = new Socket({ fd, readable: false, writable: true })
  // libuv never closes a standard descriptor, and a pipe, unlike a socket, has no other way to say that it ends.
  output.once('close', () => {
    closeSync(fd)
    // In its place (the lowest that is free), so that no file of ours ever stands where something may be printed.
    openSync(devNull, 'w')
  })
  return output
}

/**
 * Whether both are one pipe (`2>&1`). What is done to one of them is done to the other then: writing to it from
 * Node makes it non-blocking, and a server that inherits it would have its own large writes fail.
 */
export function isOnePipe(a: number, b: number): boolean {
  try {
    const [one, other] = [fstatSync(a, { bigint: true }), fstatSync(b, { bigint: true })]
    return isPipe(a) && one.ino === other.ino && one.dev === other.dev
  } catch {
    return false // one of them is closed
  }
}

function isPipe(fd: number): boolean {
  try {
    const stat = fstatSync(fd)
    return stat.isFIFO() || stat.isSocket()
  } catch {
    return false
  }
}
