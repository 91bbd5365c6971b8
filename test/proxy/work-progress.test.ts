import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WorkProgress } from '../../server/proxy/work-progress.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

type Answer = (answer: { readonly result?: unknown; readonly error?: unknown }) => void

/** An editor, what it was told, and the question whether it takes a token. */
class Editor {
  readonly told: [string, object][] = []
  readonly asked: object[] = []
  answer: Answer = () => {}
  readonly progress: WorkProgress

  constructor(isTaken = true) {
    const request = (method: string, params: object) => {
      this.asked.push({ method, params })
      return new Promise<Parameters<Answer>[0]>((done) => {
        this.answer = done
      })
    }
    const progress = (token: string | number, value: object) => void this.told.push([String(token), value])
    this.progress = new WorkProgress({ request, progress }, isTaken, 'cafe')
  }

  /** Work that is done when the test says so. */
  working(
    title = 'undo',
    token?: string | number,
  ): { readonly done: () => void; readonly ended: Promise<unknown> } {
    let done = () => {}
    const work = new Promise<void>((end) => {
      done = end
    })
    return { done, ended: this.progress.during(title, () => work, token) }
  }
}

const T = 'lsp-wal:cafe:1'

it('says nothing of what is soon done', async () => {
  const editor = new Editor()
  const { done, ended } = editor.working()
  await vi.advanceTimersByTimeAsync(499)
  editor.progress.watch('writing', 1, 2)
  done()
  await ended
  await vi.advanceTimersByTimeAsync(10_000)
  expect([editor.asked, editor.told]).toEqual([[], []])
})

it('begins once the editor has agreed, tells how far it is, and ends', async () => {
  const editor = new Editor()
  const { done, ended } = editor.working()
  await vi.advanceTimersByTimeAsync(500)
  expect(editor.asked).toEqual([{ method: 'window/workDoneProgress/create', params: { token: T } }])
  editor.progress.watch('looking', 7)
  expect(editor.told).toEqual([])
  editor.answer({ result: null })
  await vi.advanceTimersByTimeAsync(1)
  for (let i = 0; i < 100; i++) {
    editor.progress.watch('writing', i, 100)
    await vi.advanceTimersByTimeAsync(10)
  }
  done()
  await ended
  expect(editor.told.map(([token]) => token)).toEqual(editor.told.map(() => T))
  const values = editor.told.map(([, value]) => value)
  expect(values[0]).toEqual({ kind: 'begin', title: 'lsp-wal: undo', message: 'looked at 7 files' })
  expect(values[1]).toEqual({ kind: 'report', message: 'wrote 0 of 100 files' })
  expect(values.length).toBeLessThanOrEqual(8)
  expect(values.at(-1)).toEqual({ kind: 'end' })
})

it.each([
  ['where the editor takes no tokens of servers', new Editor(false), undefined],
  ['where it says that it does not after all', new Editor(), { error: { code: -32601 } }],
  ['where it does not answer', new Editor(), undefined],
])('never begins %s', async (_title, editor, answer) => {
  const { done, ended } = editor.working()
  await vi.advanceTimersByTimeAsync(600)
  if (answer !== undefined) editor.answer(answer)
  await vi.advanceTimersByTimeAsync(600)
  editor.progress.watch('writing', 1, 2)
  done()
  await ended
  expect(editor.told).toEqual([])
})

it('does not begin when it is over already', async () => {
  const editor = new Editor()
  const { done, ended } = editor.working()
  await vi.advanceTimersByTimeAsync(600)
  done()
  await ended
  editor.answer({ result: null })
  await vi.advanceTimersByTimeAsync(600)
  expect(editor.told).toEqual([])
})

it('ends where the work fails', async () => {
  const editor = new Editor()
  const failing = editor.progress.during('undo', async () => {
    await new Promise((done) => setTimeout(done, 1000))
    throw new Error('no')
  })
  const failed = expect(failing).rejects.toThrow('no')
  await vi.advanceTimersByTimeAsync(600)
  editor.answer({ result: null })
  await vi.advanceTimersByTimeAsync(600)
  await failed
  expect(editor.told.map(([, value]) => value)).toEqual([
    { kind: 'begin', title: 'lsp-wal: undo' },
    { kind: 'end' },
  ])
})

it('takes the token of the editor at once, and no other one beside it', async () => {
  const editor = new Editor()
  const outer = editor.working('recover', 5)
  const inner = editor.working('recover')
  await vi.advanceTimersByTimeAsync(2000)
  editor.progress.watch('writing', 1, 2)
  inner.done()
  await inner.ended
  outer.done()
  await outer.ended
  expect(editor.asked).toEqual([])
  expect(editor.told).toEqual([
    ['5', { kind: 'begin', title: 'lsp-wal: recover' }],
    ['5', { kind: 'report', message: 'wrote 1 of 2 files' }],
    ['5', { kind: 'end' }],
  ])
})
