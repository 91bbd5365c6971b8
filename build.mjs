import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Builds the programs, and writes the licences of the packages whose code is in them. */

const OUT = 'dist'

/** Most starts need no `require` at all. */
const REQUIRE =
  "import{createRequire as __cr}from'node:module';let __r;const require=name=>(__r??=__cr(import.meta.url))(name);"

const { metafile } = await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ['server/main.ts', 'client-shim/main.ts'],
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  outdir: OUT,
  banner: { js: REQUIRE },
  metafile: true,
  logLevel: 'warning',
})

const packages = bundledPackages(metafile)
  .map(licenceOf)
  .sort((a, b) => (a.title < b.title ? -1 : 1))
const texts = packages.map(({ title, text }) => `${'='.repeat(80)}\n${title}\n\n${text}\n`)
const names = packages.map(({ title }) => `  ${title}\n`)
writeFileSync(
  join(import.meta.dirname, OUT, 'THIRD-PARTY-LICENSES.txt'),
  `The programs in this folder hold code of these packages, under the licences that follow.\n\n${names.join('')}\n${texts.join('\n')}`,
)

/** The folders of the packages of which some code is in the programs. */
function bundledPackages({ outputs }) {
  const files = Object.values(outputs).flatMap(({ inputs }) =>
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
