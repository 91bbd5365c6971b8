import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Command } from '../../server/cli/command.ts'
import { exportPatch } from '../../server/cli/export.ts'
import { forget } from '../../server/cli/forget.ts'
import { gc } from '../../server/cli/gc.ts'
import { ProgressLine } from '../../server/cli/progress-line.ts'
import { recover } from '../../server/cli/recover.ts'
import { redo } from '../../server/cli/redo.ts'
import { undo } from '../../server/cli/undo.ts'
import { id, replacing, Workplace } from './workplace.ts'

describe('the line of a terminal that tells how far work is', () => {
  let written: string[]
  let columns: number | undefined
  let line: ProgressLine
  const ERASE = '\r\x1b[2K'

  beforeEach(() => {
    vi.useFakeTimers()
    written = []
    columns = 40
    line = new ProgressLine(
      (text) => void written.push(text),
      () => columns,
    )
  })
  afterEach(() => void vi.useRealTimers())

  it('is not there for what is soon done', () => {
    line.show('one')
    vi.advanceTimersByTime(299)
    line.show('')
    vi.advanceTimersByTime(10_000)
    line.clear()
    expect(written).toEqual([])
  })

  it('comes after a while, for work that waits and for work that does not', () => {
    line.show('waiting')
    vi.advanceTimersByTime(300)
    expect(written).toEqual([`${ERASE}waiting`])
    line.show('')
    line.show('first')
    // Nothing but the clock goes on: no timer is let go off.
    vi.setSystemTime(Date.now() + 300)
    line.show('last')
    expect(written).toEqual([`${ERASE}waiting`, ERASE, `${ERASE}last`])
  })

  it('shows the latest news, and not each', () => {
    line.show('0')
    vi.advanceTimersByTime(300)
    for (let i = 1; i <= 50; i++) {
      line.show(String(i))
      vi.advanceTimersByTime(10)
    }
    vi.advanceTimersByTime(100)
    expect(written.length).toBeLessThanOrEqual(7)
    expect(written.at(-1)).toBe(`${ERASE}50`)
  })

  it('is cleared in the end, and where other lines are written', () => {
    line.show('one')
    vi.advanceTimersByTime(300)
    line.clear()
    line.clear()
    line.show('two')
    vi.advanceTimersByTime(100)
    line.show('')
    line.show('')
    vi.advanceTimersByTime(10_000)
    expect(written).toEqual([`${ERASE}one`, ERASE, `${ERASE}two`, ERASE])
  })

  it('never wraps, and holds nothing that a terminal obeys', () => {
    columns = 8
    line.show('much too long')
    vi.advanceTimersByTime(300)
    columns = undefined
    line.show('a\x1b[31mb\n')
    vi.advanceTimersByTime(100)
    expect(written).toEqual([`${ERASE}much t…`, `${ERASE}a\\x1b[31mb\\n`])
  })
})

describe('a command', () => {
  let place: Workplace
  beforeEach(async () => {
    place = new Workplace()
    await place.session(
      async (scribe) => {
        const names = Array.from({ length: 300 }, (_, i) => `f${i}.txt`)
        const files = Object.fromEntries(names.map((name) => [name, replacing('note\n', 'note', 'memo')]))
        await scribe.landed(id('aa'), files)
      },
      { at: '2026-02-01T00:00:00.000Z' },
    )
  })
  afterEach(() => place.dispose())

  async function told(command: Command, ...args: readonly string[]): Promise<string[]> {
    const told: string[] = []
    await place.run(command, args, { progress: (text) => void told.push(text) })
    return told
  }

  it('tells how far undo and redo are', async () => {
    const undone = await told(undo)
    expect(undone[0]).toBe('reading the history: 0 sessions')
    expect(undone).toContain('looking at 300 files')
    expect(undone).toContain('writing: 0 of 300 files')
    expect(undone).toContain('writing: 256 of 300 files')
    expect(await told(redo)).toContain('writing: 256 of 300 files')
  })

  it('tells how far a recovery is', async () => {
    await place.session(async (scribe) => {
      const files = { 'a.txt': replacing('x\n', 'x', 'y'), 'b.txt': replacing('x\n', 'x', 'y') }
      await scribe.land(await scribe.intent(id('bb'), files), 'a.txt')
    })
    expect(await told(recover)).toContain('writing: 0 of 1 files')
  })

  it('tells how far it is with the history', async () => {
    expect(await told(exportPatch, id('aa'))).toContain('comparing: 299 of 300 files')
    expect(await told(forget, '--file', 'f0.txt')).toContain('forgetting: 0 of 1 session')
    expect(await told(gc, '--max-size', '1')).toContain('removing: 0')
  })
})
