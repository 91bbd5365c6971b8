import { join } from 'node:path'
import { modules, ownCommand } from '../scenarios/real-servers/npm.ts'
import { CLANGD_RENAME, GOPLS_RENAME } from './compiled-languages.ts'
import { TYPESCRIPT as LANGUAGE, realServer } from './desk.ts'
import { type Edit, notMoving } from './edits.ts'

export const TYPESCRIPT = realServer(LANGUAGE, [ownCommand('typescript-language-server'), '--stdio'], {
  // A second, syntactic tsserver would answer for the open file alone while the project is loading.
  tsserver: { path: join(modules, 'typescript-5', 'lib', 'tsserver.js'), useSyntaxServer: 'never' },
  disableAutomaticTypingAcquisition: true,
  // Where a name is imported, it is renamed as well, and gets no other name there.
  preferences: { providePrefixAndSuffixTextForRename: false },
})

/** lsp-mode counts characters where the server counts UTF-16 units: nothing is edited behind one of two units. */
const BEFORE = {
  'tsconfig.json':
    '{ "compilerOptions": { "strict": true, "target": "es2022", "module": "esnext", "moduleResolution": "bundler", "types": [] } }\n',
  'goods.ts': "export function label(name: string) { return name + ' 🏷' }\nexport const currency = '€'\n",
  'cart.ts': "label('𝄞')\nimport { label } from './goods'\nexport {}\n",
  'shelf.ts': "import { label } from './goods'\n\nexport const shelf = [label('a'), label('b')] // 🛒\n",
  'web.ts': "import { shelf } from './shelf'\r\n\r\nexport const web = '🕸' + shelf.length\r\n",
}

const RENAMED = {
  ...BEFORE,
  'goods.ts': BEFORE['goods.ts'].replace('label', 'tag'),
  'cart.ts': BEFORE['cart.ts'].replaceAll('label', 'tag'),
  'shelf.ts': BEFORE['shelf.ts'].replaceAll('label', 'tag'),
}

const TYPESCRIPT_RENAME: Edit = {
  title: 'a rename by typescript-language-server',
  server: TYPESCRIPT,
  road: 'textDocument/rename',
  before: BEFORE,
  made: BEFORE,
  after: RENAMED,
  shown: 'cart.ts',
  hidden: 'goods.ts',
  make: async (editor, desk) => {
    // Emacs waits for an answer for ten seconds.
    await desk.diagnosed('cart.ts')
    await editor.rename('cart.ts', 'label', 'tag')
  },
}

/** The server makes an empty file before it sends the edit that fills it: that is not the edit's, and stays. */
const LABEL = "export function label(name: string) { return name + ' 🏷'; }\n"
const EXTRACTED = { ...BEFORE, 'label.ts': '' }

export const TYPESCRIPT_EXTRACT: Edit = {
  title: '“Move to a new file” by typescript-language-server',
  server: TYPESCRIPT,
  leftOut: ({ picksActions }) => (picksActions ? undefined : 'its menu of code actions is not driven here'),
  road: 'workspace/applyEdit',
  before: BEFORE,
  made: EXTRACTED,
  after: {
    ...BEFORE,
    'label.ts': LABEL,
    'goods.ts': "export const currency = '€'\n",
    'cart.ts': BEFORE['cart.ts'].replace("'./goods'", '"./label"'),
    'shelf.ts': BEFORE['shelf.ts'].replace("'./goods'", '"./label"'),
  },
  undone: EXTRACTED,
  // To Neovim an empty file is an empty line: it stays behind what is put before it.
  also: { 'label.ts': { [`${LABEL}\n`]: LABEL, [`${LABEL}\n\n`]: LABEL, '\n': '' } },
  shown: 'goods.ts',
  hidden: 'shelf.ts',
  make: (editor) => editor.act!('goods.ts', 'Move to a new file'),
}

const { 'shelf.ts': shelf, ...REST } = BEFORE
const MOVED = { ...REST, 'rack.ts': shelf }

const TYPESCRIPT_MOVE: Edit = {
  title: 'a file moved, its imports fixed by typescript-language-server',
  server: TYPESCRIPT,
  leftOut: notMoving,
  road: 'workspace/willRenameFiles',
  before: BEFORE,
  made: MOVED,
  after: { ...MOVED, 'web.ts': BEFORE['web.ts'].replace('./shelf', './rack') },
  shown: 'cart.ts',
  hidden: 'web.ts',
  make: async (editor, desk) => {
    // Helix waits for a server for five seconds, lsp-mode for ten: it is to have loaded its project by then.
    await desk.diagnosed('cart.ts')
    await editor.move!('shelf.ts', 'rack.ts')
  },
}

export const REAL_EDITS = [
  TYPESCRIPT_RENAME,
  CLANGD_RENAME,
  GOPLS_RENAME,
  TYPESCRIPT_EXTRACT,
  TYPESCRIPT_MOVE,
] as const
