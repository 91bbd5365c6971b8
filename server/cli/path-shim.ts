import { basename, delimiter, isAbsolute, join } from 'node:path'
import { UsageError, type Variables } from './command.ts'

/**
 * The server that a link to this program, called like it, stands for: `$LSP_WAL_SERVER`, else the first program of that
 * name in `$PATH` that is not this one. For tools that are told of a server by its path alone.
 * `realPath`: the file behind a path, if it is a program.
 * @throws UsageError where there is none
 */
export function serverBehind(
  script: string,
  { LSP_WAL_SERVER, PATH = '' }: Variables,
  realPath: (path: string) => string | undefined,
): string {
  if (LSP_WAL_SERVER) return LSP_WAL_SERVER
  const name = basename(script)
  const own = realPath(script)
  const found = PATH.split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find((path) => {
      const real = realPath(path)
      return real !== undefined && real !== own
    })
  if (found !== undefined) return found
  throw new UsageError(
    `called as ${name}, and no other program of that name is in PATH; its path may be given by LSP_WAL_SERVER`,
  )
}
