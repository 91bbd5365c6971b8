import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { asTold } from './as-told.ts'
import { Desk, untilEqual } from './desk.ts'
import { kakoune } from './kakoune/kakoune.ts'
import { ALL, describeEditor, describeNext } from './matrix.ts'

const KAKOUNE = kakoune('Kakoune', 'kak')

describeEditor(KAKOUNE, () => {
  test('a file that is not open is undone around what another program has written there since', async () => {
    using desk = new Desk({ 'a.ts': 'foo(1)\n', 'b.ts': 'import foo\nlast\n' })
    const editor = await desk.start(KAKOUNE, 'a.ts')
    await asTold(editor, desk, async () => {
      await editor.rename('a.ts', 'foo', 'bar')
      await untilEqual('the edit at the server', () => desk.texts, {
        'a.ts': 'bar(1)\n',
        'b.ts': 'import bar\nlast\n',
      })
      await editor.saveAll()
      await untilEqual('the edit to have landed', () => desk.states(), ['landed'])
      writeFileSync(desk.stage.path('b.ts'), 'of another\nimport bar\nlast\n')
      await editor.run('lsp-wal.undo')
      await untilEqual('the files to be as before', () => desk.files(), {
        'a.ts': 'foo(1)\n',
        'b.ts': 'of another\nimport foo\nlast\n',
      })
      expect(await editor.questions()).toEqual([])
      await editor.quit()
    })
  }, 120_000)
})
if (ALL) describeNext(kakoune('Kakoune, next', 'kak-next'))
