import { type Language, realServer } from './desk.ts'
import type { EditorKind } from './editor.ts'
import type { Edit } from './edits.ts'

const CPP: Language = { id: 'cpp', endings: ['cpp', 'h'] }
const GO: Language = { id: 'go', endings: ['go'] }

/** It renames in the files that it has read: those that are open. */
const CLANGD = realServer(CPP, ['clangd', '--log=error', '--background-index=false'])

const VEC = {
  'compile_flags.txt': '-std=c++17\n-I.\n',
  'vec.h': '#pragma once\n\nstruct Vec {\n  int x;\n};\nint length2(const Vec &v); // |v|²\n',
  'vec.cpp': '#include "vec.h"\n\nint length2(const Vec &v) { return v.x; } // 📐\n',
  'main.cpp': '#include "vec.h"\r\n\r\nint main() { return length2(Vec{3}); } // 🧮\r\n',
}

export const CLANGD_RENAME: Edit = {
  title: 'a rename by clangd',
  leftOut: withOthers,
  server: {
    ...CLANGD,
    programs: [{ name: 'clangd', version: ['--version'], install: 'apt-get install clangd' }],
  },
  road: 'textDocument/rename',
  before: VEC,
  made: VEC,
  after: {
    ...VEC,
    'vec.h': VEC['vec.h'].replace('length2', 'norm2'),
    'vec.cpp': VEC['vec.cpp'].replace('length2', 'norm2'),
    'main.cpp': VEC['main.cpp'].replace('length2', 'norm2'),
  },
  shown: 'main.cpp',
  hidden: 'vec.h',
  make: async (editor, desk) => {
    const names = ['vec.h', 'vec.cpp', 'main.cpp']
    for (const name of names) await editor.open(name)
    await desk.diagnosed(...names)
    await editor.rename('main.cpp', 'length2', 'norm2')
  },
}

/** Whatever it misses, it is not to look for it on the network. */
const GOPLS = realServer(GO, [
  'env',
  'GOFLAGS=-mod=mod',
  'GOPROXY=off',
  'GOSUMDB=off',
  'GOTOOLCHAIN=local',
  'gopls',
])

/** Nothing of the standard library is imported: it would have to be compiled first. */
const SHOP = {
  'go.mod': 'module example.test/shop\n\ngo 1.21\n',
  'goods.go': 'package main\n\nfunc label(name string) string { return name + " 🏷" }\n',
  'cart.go': 'package main\n\nfunc main() { println(label("𝄞"), shelf[0]) }\n',
  'shelf.go': 'package main\n\nvar shelf = []string{label("a"), label("b")} // 🛒\n',
}

export const GOPLS_RENAME: Edit = {
  title: 'a rename by gopls',
  leftOut: withOthers,
  server: {
    ...GOPLS,
    programs: [
      { name: 'go', version: ['version'], install: 'apt-get install golang-go' },
      { name: 'gopls', version: ['version'], install: 'as .ci/install-servers has it' },
    ],
  },
  road: 'textDocument/rename',
  before: SHOP,
  made: SHOP,
  after: {
    ...SHOP,
    'goods.go': SHOP['goods.go'].replaceAll('label', 'tag'),
    'cart.go': SHOP['cart.go'].replaceAll('label', 'tag'),
    'shelf.go': SHOP['shelf.go'].replaceAll('label', 'tag'),
  },
  shown: 'cart.go',
  hidden: 'goods.go',
  make: (editor) => editor.rename('cart.go', 'label', 'tag'),
}

function withOthers({ choosesServers }: EditorKind): string | undefined {
  return choosesServers ? 'it is set up for TypeScript alone' : undefined
}
