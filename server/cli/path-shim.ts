import { basename, delimiter, isAbsolute, join } from 'node:path'
import { UsageError, type Variables } from './command.ts'

/**
 * The server that a link to this program, or a copy of it, stands for by its name: `$LSP_WAL_SERVER`, else the first
 * program of that name in `$PATH` that is not this one. For tools that are told of a server by its path alone.
 * `isAnother`: whether a program is at a path that is not this one, nor a copy of it.
 * @throws UsageError where there is none
 */
export function serverBehind(
  script: string,
  { LSP_WAL_SERVER, PATH }: Variables,
  isAnother: (path: string) => boolean,
): string {
  if (LSP_WAL_SERVER) return LSP_WAL_SERVER
  const name = basename(script)
  const found = placesIn(PATH, name).find(isAnother)
  if (found !== undefined) return found
  throw new UsageError(
    `called as ${name}, and no other program of that name is in PATH; its path may be given by LSP_WAL_SERVER`,
  )
}

/** Whether a file, links resolved, is this program as it was installed: a copy is called by another name. */
export function isInstalled(file: string): boolean {
  return /^main\.[a-z]+$/.test(basename(file))
}

/**
 * The file of the installed program, by its command in `$PATH`; undefined: there is none.
 * `realPath`: the file behind a path, if it is a program.
 */
export function installedProgram(
  { PATH }: Variables,
  realPath: (path: string) => string | undefined,
): string | undefined {
  return placesIn(PATH, 'lsp-wal')
    .map(realPath)
    .find((file) => file !== undefined && isInstalled(file))
}

/** Where a program of a name may be. */
function placesIn(path: string | undefined, name: string): string[] {
  const folders = (path ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  return folders.map((folder) => join(folder, name))
}
