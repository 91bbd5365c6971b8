import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

/** Builds the programs, and writes the licences of the packages whose code is in them. */

const OUT = 'dist'

const PROGRAM = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  platform: 'node',
  target: 'node20',
  metafile: true,
  logLevel: 'warning',
}

/** What Node starts is CommonJS: the loader of ES modules takes a tenth of Node's own start. */
const SCRIPT = {
  ...PROGRAM,
  format: 'cjs',
  outdir: join(OUT, 'server'),
  define: { 'import.meta.url': '__url' },
  // By its start the program knows copies of itself.
  banner: { js: "/* lsp-wal */const __url=require('node:url').pathToFileURL(__filename).href;" },
}

/** What the start of the program loads when it needs it, by name. */
const modules = {}
const main = await build({
  ...SCRIPT,
  entryPoints: ['server/main.ts'],
  plugins: [{ name: 'each a file of its own', setup: apart }],
})
writeFileSync(join(import.meta.dirname, OUT, 'server/package.json'), '{ "type": "commonjs" }\n')

/** What a user types most is there soonest as one file. */
const history = await build({ ...SCRIPT, entryPoints: ['server/history-commands.ts'] })

const others = await build({
  ...PROGRAM,
  entryPoints: { ...modules, 'client-shim/main': 'client-shim/main.ts' },
  outdir: OUT,
  format: 'esm',
  splitting: true,
  // Most starts need no `require` at all.
  banner: {
    js: "import{createRequire as __cr}from'node:module';let __r;const require=name=>(__r??=__cr(import.meta.url))(name);",
  },
})

function apart({ onResolve, onLoad }) {
  onResolve({ filter: /^\.\/history-commands\.ts$/ }, ({ path }) => ({ path, namespace: 'script' }))
  onLoad({ filter: /.*/, namespace: 'script' }, () => ({
    contents: "module.exports = require('./history-commands.js')",
  }))
  onResolve({ filter: /^\.\/history-commands\.js$/ }, ({ path }) => ({ path, external: true }))
  onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
    if (kind !== 'dynamic-import') return undefined
    const name = basename(path, '.ts')
    modules[name] = join(resolveDir, path)
    return { path: `../${name}.js`, external: true }
  })
}

const packages = bundledPackages(main, history, others)
  .map(licenceOf)
  .sort((a, b) => (a.title < b.title ? -1 : 1))
const texts = packages.map(({ title, text }) => `${'='.repeat(80)}\n${title}\n\n${text}\n`)
const names = packages.map(({ title }) => `  ${title}\n`)
writeFileSync(
  join(import.meta.dirname, OUT, 'THIRD-PARTY-LICENSES.txt'),
  `The programs in this folder hold code of these packages, under the licences that follow.\n\n${names.join('')}\n${texts.join('\n')}`,
)

/** The folders of the packages of which some code is in the programs. */
function bundledPackages(...builds) {
  const outputs = builds.flatMap(({ metafile }) => Object.values(metafile.outputs))
  const files = outputs.flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  )
  const folders = files.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [])
  return [...new Set(folders)].map((folder) => join(import.meta.dirname, folder))
}

/** Everything that a package carries of licences and notices. */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|.*notices?)\b/i.test(file))
  if (files.length === 0) throw new Error(`${name} is in the programs, and carries no licence`)
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n')
  return { title: `${name} ${version} (${license})`, text }
}
