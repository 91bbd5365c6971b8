import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { frameOf } from '../../server/proxy/frames.ts'
import { Relay } from '../../server/proxy/relay.ts'
import { NO_ANSWERS, type Watched } from '../../server/proxy/routes.ts'
import type { End } from '../../server/proxy/server-process.ts'

/** A relay between streams of the test's; the clock is, too. */
class Stage {
  readonly input = new PassThrough()
  readonly output = new PassThrough()
  readonly stdin = new PassThrough()
  readonly stdout = new PassThrough()
  /** What was done to the server, and when: milliseconds since the start. */
  readonly done: string[] = []
  isOrphan = false
  signal: (signal: NodeJS.Signals) => void = () => {}
  exit: (end: End) => void = () => {}
  end: End | undefined
  readonly relay: Relay

  constructor(fromServer: Partial<Watched> = {}) {
    const nothing: Watched = { calls: {}, answers: NO_ANSWERS, undecided: () => 'pass' }
    const started = Date.now()
    const note = (what: string) => this.done.push(`${what} at ${Math.round((Date.now() - started) / 1000)} s`)
    this.stdin.once('finish', () => note('EOF'))
    const server = {
      stdin: this.stdin,
      stdout: this.stdout,
      stderr: undefined,
      started: Promise.resolve(),
      exited: new Promise<End>((done) => {
        this.exit = done
      }),
      kill: note,
    }
    const editor = {
      input: this.input,
      output: this.output,
      signals: (heed: (signal: NodeJS.Signals) => void) => {
        this.signal = heed
      },
      isOrphan: () => this.isOrphan,
    }
    const faults = { garbled: () => {}, failed: () => {} }
    this.relay = new Relay(editor, server, nothing, { ...nothing, ...fromServer }, faults)
    void this.relay.run().then((end) => {
      this.end = end
    })
    this.output.resume()
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 10; i++) {
      await vi.advanceTimersByTimeAsync(100)
      await new Promise((done) => setImmediate(done))
    }
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const HELD: Partial<Watched> = {
  calls: { edit: { kind: 'hold', settle: () => new Promise(() => {}), tooLong: () => 'drop' } },
}

describe('a server that stays', () => {
  it('is told that its editor is gone, is asked to leave, and is made to', async () => {
    const stage = new Stage()
    stage.input.end()
    await stage.pass(10)
    expect(stage.done).toEqual(['EOF at 0 s', 'SIGTERM at 5 s', 'SIGKILL at 7 s'])
  })

  it('after a signal is asked in another way, and made to leave', async () => {
    const stage = new Stage()
    stage.signal('SIGHUP')
    await stage.pass(10)
    expect(stage.done).toEqual(['SIGHUP at 0 s', 'EOF at 5 s', 'SIGKILL at 7 s'])
  })

  it('after SIGINT is left alone: it may mean something to it', async () => {
    const stage = new Stage()
    stage.signal('SIGINT')
    await stage.pass(10)
    expect(stage.done).toEqual(['SIGINT at 0 s'])
  })

  it('is not asked again once it is gone', async () => {
    const stage = new Stage()
    stage.input.end()
    await stage.pass(1)
    stage.exit({ code: 3 })
    stage.stdout.end()
    await stage.pass(10)
    expect([stage.done, stage.end]).toEqual([['EOF at 0 s'], { code: 3 }])
  })
})

describe('an editor that is gone though nothing says so', () => {
  it('is noticed by its process', async () => {
    const stage = new Stage()
    let isThere = true
    stage.relay.watchEditor(() => isThere)
    await stage.pass(10)
    expect(stage.done).toEqual([])
    isThere = false
    await stage.pass(4)
    expect(stage.done).toEqual(['EOF at 12 s'])
  })

  it('is noticed by the parent that is gone, where the server takes nothing', async () => {
    const stage = new Stage()
    stage.input.write(frameOf({ method: 'much', params: 'x'.repeat(2 ** 20) }))
    stage.isOrphan = true
    await stage.pass(20)
    expect(stage.done).toContain('SIGTERM at 14 s')
  })

  it('may have been started by a parent that left, where it is still read from', async () => {
    const stage = new Stage()
    stage.isOrphan = true
    await stage.pass(30)
    expect(stage.done).toEqual([])
  })
})

describe('the end', () => {
  it('waits for what is held, but not for ever', async () => {
    const stage = new Stage(HELD)
    stage.stdout.write(frameOf({ method: 'edit' }))
    await stage.pass(1)
    stage.exit({ code: 5 })
    await stage.pass(4)
    expect(stage.end).toBeUndefined()
    await stage.pass(2)
    expect(stage.end).toEqual({ code: 5 })
  })

  it('comes at once with a signal that finds the server gone', async () => {
    const stage = new Stage(HELD)
    stage.stdout.write(frameOf({ method: 'edit' }))
    await stage.pass(1)
    stage.exit({ code: 5 })
    await stage.pass(1)
    stage.signal('SIGTERM')
    await stage.relay.hurried
    await stage.pass(0.1)
    expect([stage.end, stage.done]).toEqual([{ code: 5 }, []])
  })

  it('waits for an editor that does not read, as long as it is there', async () => {
    const stage = new Stage()
    stage.output.pause()
    stage.stdout.end('x'.repeat(2 ** 20))
    await stage.pass(1)
    stage.exit({ code: 0 })
    await stage.pass(60)
    expect(stage.end).toBeUndefined()
    stage.output.resume()
    await stage.pass(1)
    expect(stage.end).toEqual({ code: 0 })
  })

  it('does not wait for an editor that is gone and does not read', async () => {
    const stage = new Stage()
    stage.output.pause()
    stage.stdout.end('x'.repeat(2 ** 20))
    stage.input.end()
    await stage.pass(1)
    stage.exit({ code: 0 })
    await stage.pass(4)
    expect(stage.end).toEqual({ code: 0 })
  })

  it('does not wait for an output that a child of the server holds open', async () => {
    const stage = new Stage()
    stage.stdout.write('the last words')
    stage.exit({ code: 0 })
    await stage.pass(1)
    expect([stage.stdout.destroyed, stage.end]).toEqual([true, { code: 0 }])
  })

  it('does not wait for a child that goes on writing there', async () => {
    const stage = new Stage()
    stage.exit({ code: 0 })
    for (let i = 0; i < 50 && stage.end === undefined; i++) {
      if (!stage.stdout.destroyed) stage.stdout.write('noise\n')
      await stage.pass(0.1)
    }
    expect(stage.end).toEqual({ code: 0 })
  })
})
