import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeWith } from '../scenarios/real-servers/installed.ts'
import { LSP_WAL, type Stage } from '../scenarios/stage.ts'
import { RENAME } from './edits.ts'
import { ALL } from './matrix.ts'
import { IN_EDITORS, renamedAndUndone } from './pasted.ts'
import { PastedDesk } from './pasted-desk.ts'

const LIMIT_MS = 240_000

/** Something that Neovim and Emacs know a project's root by. */
const PROJECT = { ...RENAME.before, 'package.json': '{}\n' }

/** A folder that no project has anything to do with. */
function elsewhere({ folder }: Stage): string {
  const path = join(folder, 'elsewhere')
  mkdirSync(path, { recursive: true })
  return path
}

const FROM = [
  ['in their folder', undefined],
  ['from elsewhere', elsewhere],
] as const

/** Those that `npm test` runs everything with. */
const STANDING = ['Neovim', 'Emacs with eglot', 'Helix']

for (const pasted of IN_EDITORS) {
  const { kind, config, bringsFolder = false } = pasted
  describeWith(kind.programs, `${kind.title}, with what lsp-wal config prints`, () => {
    test(
      'records a rename, and takes it back by its own command',
      async () => {
        using desk = new PastedDesk(PROJECT)
        await desk.paste(config)
        await renamedAndUndone(desk, pasted)
        const { workspace } = desk.stage
        expect(await desk.log()).toMatchObject([
          { road: RENAME.road, state: 'undone', folders: [workspace], server: 'typescript-language-server' },
          { state: 'landed' },
        ])
      },
      LIMIT_MS,
    )

    if (!ALL && !STANDING.includes(kind.title)) return

    for (const [where, cwd] of bringsFolder ? FROM : FROM.slice(0, 1))
      test(
        `does so for files of no project, opened ${where}`,
        async () => {
          using desk = new PastedDesk(RENAME.before, cwd)
          await desk.paste(config)
          await renamedAndUndone(desk, pasted)
          const [undone] = await desk.log()
          expect(undone).toMatchObject({
            folders: expect.arrayContaining([desk.stage.workspace]),
            state: 'undone',
          })
        },
        LIMIT_MS,
      )

    test.each([
      ['the next program of that name', 'typescript-language-server'],
      ['the one that LSP_WAL_SERVER names', 'words-ls'],
    ])(
      'does so where it knows nothing but the path of a link, in front of %s',
      async (_, name) => {
        using desk = new PastedDesk(PROJECT)
        const link = join(desk.home, name)
        symlinkSync(LSP_WAL[1]!, link)
        if (name === 'words-ls')
          desk.variables = { LSP_WAL_SERVER: join(desk.bin, 'typescript-language-server') }
        await desk.paste(config, (text) =>
          text.replace(/(["'])lsp-wal\1,? (["'])--\2,? (["'])typescript-language-server\3/, `"${link}"`),
        )
        await renamedAndUndone(desk, pasted)
        expect(await desk.log()).toMatchObject([{ state: 'undone' }, { state: 'landed' }])
      },
      LIMIT_MS,
    )
  })
}
