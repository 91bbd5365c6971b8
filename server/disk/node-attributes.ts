import { platform } from 'node:os'

type Told = readonly (string | undefined)[]

/** Of the arguments of one process: Linux takes 2 MiB of them and of the environment together (execve(2)). */
const MOST_ARGUMENT_BYTES = 256 * 1024
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024

/**
 * `Disk.attributesOf` on the real file system.
 *
 * Node has no call for extended attributes, and on Linux access lists are such attributes, too (acl(5)). One process
 * tells of many files: `getfattr` (Debian's package attr), else Python. Where neither is there, and on other systems,
 * nothing can tell.
 */
export async function attributesOf(paths: readonly string[]): Promise<Told> {
  if (platform() !== 'linux') return paths.map(() => undefined)
  const told: (string | undefined)[] = []
  for (const some of batches(paths)) told.push(...((await fromGetfattr(some)) ?? (await fromPython(some))))
  return told
}

function* batches(paths: readonly string[]): Generator<readonly string[]> {
  let batch: string[] = []
  let bytes = 0
  for (const path of paths) {
    bytes += Buffer.byteLength(path) + 1
    if (bytes > MOST_ARGUMENT_BYTES) {
      yield batch
      batch = []
      bytes = Buffer.byteLength(path) + 1
    }
    batch.push(path)
  }
  if (batch.length > 0) yield batch
}

/** A block for each file that has attributes: `# file: PATH`, a line for each attribute, an empty line. */
async function fromGetfattr(paths: readonly string[]): Promise<Told | undefined> {
  const options = ['-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', '--']
  const output = await run('getfattr', [...options, ...paths], '')
  if (output === undefined) return undefined
  const blocks = new Map<string, string>()
  for (const block of output.split('\n\n')) {
    const [head, ...lines] = block.split('\n')
    // The order is that in which they were set.
    if (head?.startsWith('# file: ')) blocks.set(unquoted(head.slice(8)), lines.sort().join('\n'))
  }
  return paths.map((path) => blocks.get(path) ?? '')
}

/** getfattr writes a backslash, and what would end a line, in octal. */
function unquoted(name: string): string {
  return name.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

const PYTHON = `
import errno, os, sys
for path in sys.stdin.buffer.read().split(b'\\0'):
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
        print(ascii([(name, os.getxattr(path, name, follow_symlinks=False)) for name in names]))
    except OSError as error:
        if error.errno != errno.ENOTSUP: raise
        print('[]')
`

async function fromPython(paths: readonly string[]): Promise<Told> {
  const output = await run('python3', ['-I', '-S', '-c', PYTHON], paths.join('\0'))
  const lines = output?.split('\n') ?? []
  return lines.length === paths.length + 1 ? lines.slice(0, -1) : paths.map(() => undefined)
}

/**
 * What a program says; undefined where it is not there, or could not tell of every file. That a file system knows no
 * attributes is told, too.
 */
async function run(program: string, args: readonly string[], input: string): Promise<string | undefined> {
  // Most runs of this program never need it, and load it for nothing.
  const { execFile } = await import('node:child_process')
  return new Promise((done) => {
    const child = execFile(program, args, { maxBuffer: MOST_OUTPUT_BYTES }, (error, stdout, stderr) =>
      done(error === null || isUnsupported(stderr) ? stdout : undefined),
    )
    child.stdin?.on('error', () => {}) // it may end before it has read its input: its status tells
    child.stdin?.end(input)
  })
}

/** As getfattr says it in English; in any other language its answer counts for none. */
function isUnsupported(stderr: string): boolean {
  const lines = stderr.trimEnd().split('\n')
  return lines.every((line) => line.startsWith('getfattr: ') && line.endsWith(': Operation not supported'))
}
