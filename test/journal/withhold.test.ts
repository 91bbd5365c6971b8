import { describe, expect, it } from 'vitest'
import type { Image } from '../../server/edits/images.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { withhold } from '../../server/journal/withhold.ts'
import { readAsGo } from './go-reader.ts'
import { about, atHand, created, deleted, edit, edited, intentOf, moved, unknown } from './intents.ts'
import { encode, hasher, logOf, scan } from './logs.ts'

const OLD = 'TOKEN=hunter2\n'
const NEW = 'TOKEN=correct horse\n'
const hashes = (text: string) => ({
  raw: hasher.hash(Buffer.from(text)),
  norm: hasher.hash(Buffer.from(text)),
})

const env = edited('/w/.env', OLD, edit(6, 13, 'correct horse'))
const plain = edited('/w/a.ts', 'let total\n', edit(4, 9, 'sum'))

const of = (...images: Image[]): Intent =>
  intentOf('01', images, { about: { ...about, edit: { changes: { 'file:///w/.env': 'correct horse' } } } })

const withholding = (intent: Intent, ...paths: string[]) =>
  withhold(intent, (path) => paths.includes(path), hasher)

describe('a withheld path', () => {
  it('is known by its hashes alone, and what the edit was is not kept', () => {
    const intent = withholding(of(plain, env), '/w/.env')
    expect(intent.images).toEqual([plain])
    expect(intent.withheld).toEqual([
      { path: '/w/.env', before: hashes(OLD), after: { kind: 'file', hashes: hashes(NEW) } },
    ])
    expect(intent.about).toEqual(about)
  })

  it.each([
    ['is made', created('/w/.env', NEW), { before: undefined, after: { kind: 'file', hashes: hashes(NEW) } }],
    ['is deleted', deleted('/w/.env', OLD), { before: hashes(OLD), after: { kind: 'absent' } }],
    [
      'is changed nobody knows how',
      unknown('/w/.env', OLD),
      { before: hashes(OLD), after: { kind: 'unknown', reason: 'it is not UTF-8' } },
    ],
  ])('may be one that %s', (_what, image, expected) => {
    expect(withholding(of(image), '/w/.env').withheld).toEqual([{ path: '/w/.env', ...expected }])
  })

  it('takes both ends of a move with it, and all that came out of the same file', () => {
    const [gone, there] = moved('/w/.env', '/w/env.txt', OLD) as [Image, Image]
    const copy = { ...there, path: '/w/copy' }
    for (const path of ['/w/.env', '/w/env.txt', '/w/copy']) {
      const { images, withheld } = withholding(of(plain, gone, there, copy), path)
      expect(images).toEqual([plain])
      expect(withheld?.map((each) => each.path)).toEqual(['/w/.env', '/w/env.txt', '/w/copy'])
    }
  })

  it('changes nothing where there is none', () => {
    const intent = of(plain)
    expect(withholding(intent, '/w/.env')).toBe(intent)
  })
})

describe('the log of an intent with a withheld path', () => {
  const whole = of(
    plain,
    env,
    created('/w/new.pem', 'BEGIN KEY'),
    deleted('/w/old.pem', 'OLD KEY'),
    unknown('/w/x.pem', 'X KEY'),
    ...moved('/w/m.pem', '/w/n.txt', 'M KEY', edit(0, 1, 'moved')),
  )
  const names = ['/w/.env', '/w/new.pem', '/w/old.pem', '/w/x.pem', '/w/m.pem']
  const intent = withholding(whole, ...names)
  const log = logOf(intent)

  it('holds nothing of what was there, nor of what comes', () => {
    const text = log.toString('latin1')
    for (const secret of ['hunter2', 'correct horse', 'BEGIN KEY', 'OLD KEY', 'X KEY', 'M KEY', 'moved']) {
      expect(text).not.toContain(secret)
    }
    for (const content of [OLD, NEW, 'BEGIN KEY', 'OLD KEY', 'X KEY', 'M KEY'])
      expect(text).not.toContain(Buffer.from(content).toString('base64'))
    expect(text).not.toContain('"edit":')
  })

  it('is read to the same intent', async () => {
    const [entry] = await scan(log)
    expect(entry?.kind === 'intent' && atHand(entry.intent)).toEqual(atHand(intent))
  })

  it('is of the second version, which a reader of the first one refuses; others are of the first', () => {
    expect(log.toString()).toContain('"meta":{"v":2,')
    expect(logOf(intentOf('02', [plain])).toString()).toContain('"meta":{"v":1,')
  })

  it('reads so: the hash before where the Go package has it, the hash after in meta', () => {
    const one = withholding(
      intentOf('01', [env], { facts: new Map([['/w/.env', { from: 'disk', size: 14 }]]) }),
      '/w/.env',
    )
    const [line] = encode(one).lines
    expect(line!.toString()).toBe(
      `{"id":"01","edits":[],"originals":{},"expected_raw_hash":{"/w/.env":"${hashes(OLD).raw}"},` +
        `"expected_norm_hash":{"/w/.env":"${hashes(OLD).norm}"},"meta":{"v":2,"seq":0,"prev":"",` +
        `"at":"${about.at}","session":"${about.session}","road":"workspace/applyEdit",` +
        `"label":"Rename \`total\` → \`sum\`","server":"typescript-language-server",` +
        `"paths":{"/w/.env":{"withheld":true,"after":{"raw":"${hashes(NEW).raw}","norm":"${hashes(NEW).norm}"},` +
        `"from":"disk","size":14}}},"sum":"${line!.subarray(-19, -3).toString()}"}\n`,
    )
  })

  it('is read by the Go package’s reader, which finds neither original nor edit of it', () => {
    const [record] = readAsGo(log)
    expect(record!.edits).toEqual([{ Path: '/w/a.ts', StartByte: 4, EndByte: 9, NewText: 'sum' }])
    expect(Object.keys(record!.originals!)).toEqual(['/w/a.ts'])
    expect(Object.keys(record!.expected_raw_hash!)).toEqual([
      '/w/a.ts',
      '/w/.env',
      '/w/old.pem',
      '/w/x.pem',
      '/w/m.pem',
    ])
  })

  it('takes several lines where it is long', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => created(`/w/${'long/'.repeat(60)}${i}.pem`, `${i}`))
    const intent = withhold(intentOf('03', many), () => true, hasher)
    const { lines } = encode(intent)
    expect(lines.length).toBeGreaterThan(1)
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(12 << 20)
    expect(await scan(Buffer.concat(lines))).toEqual([{ kind: 'intent', at: 0, intent }])
  })

  it.each([
    [
      'no hash before',
      (json: string) => json.replace(/"expected_norm_hash":\{[^}]*\}/, '"expected_norm_hash":{}'),
    ],
    [
      'no hash after',
      (json: string) => json.replace(/"withheld":true,"after":\{[^}]*\}/, '"withheld":true,"after":{}'),
    ],
  ])('is corrupt with %s', async (_what, change) => {
    const text = log.toString()
    const body = change(text.slice(0, text.lastIndexOf(',"sum"')))
    const line = `${body},"sum":"${hasher.hash(Buffer.from(body))}"}\n`
    expect(await scan(Buffer.from(line))).toMatchObject([{ kind: 'corrupt', at: 0 }])
  })
})
