import type { Env } from '../journal/env.ts'
import { isWithin, realpathAsFar } from '../journal/root.ts'

/**
 * The folders in which what a session has recorded may be written: those that it worked in, by its own account. One
 * that holds the user's home as a whole is no project, and in a log that came from elsewhere it would be leave to write
 * everything: of such a one only what is `here` counts, the folders that the user works in now.
 */
export async function reachOf(
  env: Env,
  recorded: readonly string[],
  here: readonly string[],
): Promise<string[]> {
  const home = await realpathAsFar(env.disk, env.host.home)
  const reach = await Promise.all(
    recorded.map(async (folder) => {
      const real = await realpathAsFar(env.disk, folder)
      return isWithin(real, home) ? here.filter((each) => isWithin(folder, each)) : [folder]
    }),
  )
  return [...new Set(reach.flat())]
}
