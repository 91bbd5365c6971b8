import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A command of one of this project's own development packages. */
export function ownCommand(name: string): string {
  return join(modules, '.bin', name)
}

export const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url))
