import { describe, expect, it } from 'vitest'
import { bytesOf } from '../../server/edits/file-bytes.ts'
import type { Image } from '../../server/edits/images.ts'
import type { Observation, PathState } from '../../server/recovery/observe.ts'
import { type Circumstances, type Plan, planRecovery, type RecoverMode } from '../../server/recovery/plan.ts'
import { intentOf, moved, replaced, unknown } from '../journal/intents.ts'
import { seenAs, sightOf } from './seen.ts'

const MODES = ['auto', 'replay', 'ask', 'rollback', 'report'] as const

const images = ['/w/a', '/w/b', '/w/c'].map((path) => replaced(path, 'old', 'new'))
const seenOf = (states: PathState[]) => states.map((state, i) => seenAs(images[i]!, state))

/** A plan in a few words: what is written where, or why not. */
function wordsOf(plan: Plan): string {
  switch (plan.kind) {
    case 'settle':
      return `settle ${plan.event}`
    case 'finish':
    case 'roll-back':
      return `${plan.kind} ${plan.changes.map(({ path, after }) => `${path}=${after === undefined ? '-' : Buffer.from(bytesOf(after)).toString()}`).join(' ')}`
    case 'offer':
    case 'ask':
      return `${plan.kind}: ${plan.reason}`
  }
}

const LEFT = 'ask: it was left unfinished'

describe('the plan', () => {
  // One row a state of an intent; what each of auto, replay, ask, rollback and report makes of it.
  it.each<[string, PathState[], boolean, Record<RecoverMode, string>]>([
    [
      'all landed',
      ['landed', 'landed', 'landed'],
      true,
      {
        auto: 'settle landed',
        replay: 'settle landed',
        ask: 'settle landed',
        rollback: 'settle landed',
        report: 'settle landed',
      },
    ],
    [
      'torn',
      ['landed', 'untouched', 'untouched'],
      true,
      {
        auto: 'finish /w/b=new /w/c=new',
        replay: 'finish /w/b=new /w/c=new',
        ask: LEFT,
        rollback: 'roll-back /w/a=old',
        report: LEFT,
      },
    ],
    [
      'halfway',
      ['halfway', 'untouched', 'untouched'],
      true,
      {
        auto: 'finish /w/a=new /w/b=new /w/c=new',
        replay: 'finish /w/a=new /w/b=new /w/c=new',
        ask: LEFT,
        rollback: 'roll-back /w/a=old',
        report: LEFT,
      },
    ],
    [
      'nothing landed, never seen in the editor',
      ['untouched', 'untouched', 'untouched'],
      false,
      {
        auto: 'finish /w/a=new /w/b=new /w/c=new',
        replay: 'finish /w/a=new /w/b=new /w/c=new',
        ask: LEFT,
        rollback: 'settle rolled-back',
        report: LEFT,
      },
    ],
    [
      'nothing landed, though the editor had it',
      ['untouched', 'untouched', 'untouched'],
      true,
      {
        auto: 'offer: it was never saved',
        replay: 'finish /w/a=new /w/b=new /w/c=new',
        ask: LEFT,
        rollback: 'settle rolled-back',
        report: LEFT,
      },
    ],
    [
      'one restored, others landed',
      ['restored', 'landed', 'untouched'],
      false,
      {
        auto: 'ask: /w/a was written again since',
        replay: 'ask: /w/a was written again since',
        ask: LEFT,
        rollback: 'ask: /w/a was written again since',
        report: LEFT,
      },
    ],
    [
      'all restored',
      ['restored', 'restored', 'restored'],
      false,
      {
        auto: 'ask: /w/a and 2 more were written again since',
        replay: 'ask: /w/a and 2 more were written again since',
        ask: LEFT,
        rollback: 'settle rolled-back',
        report: LEFT,
      },
    ],
    [
      'one drifted, the rest landed',
      ['landed', 'drifted', 'landed'],
      false,
      {
        auto: 'ask: /w/b was changed since',
        replay: 'ask: /w/b was changed since',
        ask: LEFT,
        rollback: 'ask: /w/b was changed since',
        report: LEFT,
      },
    ],
    [
      'drifted and restored',
      ['drifted', 'drifted', 'restored'],
      true,
      {
        auto: 'ask: /w/a and 1 more were changed since',
        replay: 'ask: /w/a and 1 more were changed since',
        ask: LEFT,
        rollback: 'ask: /w/a and 1 more were changed since',
        report: LEFT,
      },
    ],
  ])('%s', (_title, states, editorHadIt, expected) => {
    const plans = MODES.map((mode) => {
      const plan = planRecovery(intentOf('01', images), seenOf(states), {
        mode,
        editorHadIt,
        doubt: undefined,
      })
      return [mode, wordsOf(plan)]
    })
    expect(Object.fromEntries(plans)).toEqual(expected)
  })

  it.each(MODES)('asks where the record alone is no ground to act on: %s', (mode) => {
    const about = { mode, editorHadIt: false, doubt: 'another program wrote it' }
    const plan = (states: PathState[]) => wordsOf(planRecovery(intentOf('01', images), seenOf(states), about))
    expect(plan(['landed', 'untouched', 'untouched'])).toBe('ask: another program wrote it')
    expect(plan(['landed', 'landed', 'landed'])).toBe('settle landed')
  })

  it('asks rather than finishing what it does not know', () => {
    const seen = [seenAs(unknown('/w/a', 'x'), 'untouched'), seenAs(images[1]!, 'landed')]
    const plan = planRecovery(intentOf('01', []), seen, { mode: 'auto', editorHadIt: true, doubt: undefined })
    expect(wordsOf(plan)).toBe('ask: what the edit makes of /w/a is not known: it is not UTF-8')
  })

  it('asks rather than rolling back what it does not know', () => {
    const seen = [seenAs(unknown('/w/a', 'x'), 'landed'), seenAs(images[1]!, 'untouched')]
    const plan = planRecovery(intentOf('01', []), seen, {
      mode: 'rollback',
      editorHadIt: true,
      doubt: undefined,
    })
    expect(wordsOf(plan)).toBe('ask: /w/a: what the edit made of it is not known: it is not UTF-8')
  })

  it('asks rather than finishing a torn one of which something was undone, or closed unsaved', () => {
    const plan = (states: PathState[]) =>
      wordsOf(
        planRecovery(intentOf('01', images), seenOf(states), {
          mode: 'auto',
          editorHadIt: true,
          takenBack: new Set(['/w/b']),
          doubt: undefined,
        }),
      )
    expect(plan(['landed', 'untouched', 'untouched'])).toBe('ask: /w/b was undone, or closed unsaved')
    expect(plan(['untouched', 'landed', 'untouched'])).toBe('finish /w/a=new /w/c=new')
    expect(plan(['untouched', 'untouched', 'untouched'])).toBe('offer: it was never saved')
  })

  it('asks rather than finishing a torn one of which the editor claimed a part, and never showed it', () => {
    const plan = (states: PathState[]) =>
      wordsOf(
        planRecovery(intentOf('01', images), seenOf(states), {
          mode: 'auto',
          editorHadIt: true,
          unseen: new Set(['/w/b']),
          doubt: undefined,
        }),
      )
    expect(plan(['landed', 'untouched', 'untouched'])).toBe('ask: /w/b was not seen to change in the editor')
    expect(plan(['untouched', 'landed', 'untouched'])).toBe('finish /w/a=new /w/c=new')
    expect(plan(['untouched', 'untouched', 'untouched'])).toBe('offer: it was never saved')
  })

  it('asks rather than writing over what another program wrote under a buffer', () => {
    const facts = new Map([['/w/b', { from: 'buffer', disk: '0123456789abcdef', stale: true }]] as const)
    const plan = (mode: RecoverMode, states: PathState[]) =>
      wordsOf(
        planRecovery(intentOf('01', images, { facts }), seenOf(states), {
          mode,
          editorHadIt: true,
          doubt: undefined,
        }),
      )
    const ask = 'ask: /w/b was written by another program, or opened with unsaved work'
    for (const mode of ['auto', 'replay'] as const) {
      expect(plan(mode, ['landed', 'untouched', 'untouched'])).toBe(ask)
      expect(plan(mode, ['untouched', 'untouched', 'untouched'])).toBe(ask)
      expect(plan(mode, ['untouched', 'landed', 'untouched'])).toBe('finish /w/a=new /w/c=new')
    }
    expect(plan('rollback', ['landed', 'untouched', 'untouched'])).toBe('roll-back /w/a=old')
  })

  it.each(MODES)('forgets one that its editor never took up, as long as nothing shows of it: %s', (mode) => {
    const plan = (states: PathState[]) =>
      wordsOf(
        planRecovery(intentOf('01', images), seenOf(states), {
          mode,
          editorHadIt: true,
          notTakenUp: true,
          doubt: undefined,
        }),
      )
    expect(plan(['untouched', 'restored', 'untouched'])).toBe('settle abandoned')
    expect(plan(['untouched', 'landed', 'untouched'])).not.toBe('settle abandoned')
    expect(plan(['untouched', 'drifted', 'untouched'])).not.toBe('settle abandoned')
  })

  it('offers one that stood in a menu, as long as nothing shows that it was picked', () => {
    const { about, ...intent } = intentOf('01', images)
    const menu = { ...intent, about: { ...about, road: 'textDocument/codeAction' } }
    const plan = (mode: RecoverMode, states: PathState[]) =>
      wordsOf(planRecovery(menu, seenOf(states), { mode, editorHadIt: false, doubt: undefined }))
    const untouched: PathState[] = ['untouched', 'untouched', 'untouched']
    expect(MODES.map((mode) => plan(mode, untouched))).toEqual([
      'offer: it stood in a menu, and nobody was seen to pick it',
      'offer: it stood in a menu, and nobody was seen to pick it',
      LEFT,
      'settle rolled-back',
      LEFT,
    ])
    expect(plan('auto', ['untouched', 'landed', 'untouched'])).toBe('finish /w/a=new /w/c=new')
  })

  it('asks about one whose parts the editor asked its user to confirm, once some of it has landed', () => {
    const plan = (mode: RecoverMode, states: PathState[]) =>
      wordsOf(
        planRecovery(intentOf('01', images), seenOf(states), {
          mode,
          editorHadIt: true,
          isConfirmed: true,
          doubt: undefined,
        }),
      )
    expect(plan('auto', ['landed', 'untouched', 'landed'])).toBe(
      'ask: some of its parts may have been declined',
    )
    expect(plan('auto', ['untouched', 'untouched', 'untouched'])).toBe('offer: it was never saved')
    expect(plan('replay', ['landed', 'untouched', 'landed'])).toBe('finish /w/b=new')
  })

  it('asks rather than rolling back only a part, where a later edit stands on the rest', () => {
    const onTop: Observation = { ...seenAs(images[0]!, 'landed'), sight: sightOf(Buffer.from('newer')) }
    const seen = [onTop, seenAs(images[1]!, 'untouched')]
    const plan = planRecovery(intentOf('01', []), seen, {
      mode: 'rollback',
      editorHadIt: true,
      doubt: undefined,
    })
    expect(wordsOf(plan)).toBe('ask: /w/a: a later edit changed it')
  })
})

describe('the plan for an edit that came with a move', () => {
  const road = 'workspace/willRenameFiles'
  const [from, to] = moved('/w/a', '/w/b', 'old') as [Image, Image]
  const planned = (states: readonly [PathState, PathState, PathState], more: Partial<Circumstances> = {}) => {
    const all = [replaced('/w/c', 'old', 'new'), from, to]
    const intent = intentOf('01', all)
    const seen = all.map((image, i) => seenAs(image, states[i]!))
    const about = { mode: 'auto', editorHadIt: true, doubt: undefined, ...more } as const
    return wordsOf(planRecovery({ ...intent, about: { ...intent.about, road } }, seen, about))
  }

  it.each<[string, readonly [PathState, PathState, PathState], Partial<Circumstances>, string]>([
    [
      'that is missing',
      ['landed', 'untouched', 'untouched'],
      { editorShowedIt: true },
      'ask: /w/b was not moved there, or moved on',
    ],
    [
      'that was carried out alone',
      ['untouched', 'landed', 'landed'],
      {},
      'ask: /w/b was moved without the edits that go with it',
    ],
    [
      'whose edits were in buffers',
      ['untouched', 'landed', 'landed'],
      { editorShowedIt: true },
      'finish /w/c=new',
    ],
    ['that is to be replayed', ['untouched', 'landed', 'landed'], { mode: 'replay' }, 'finish /w/c=new'],
    [
      'and never arrived',
      ['untouched', 'untouched', 'untouched'],
      { editorHadIt: false },
      'finish /w/c=new /w/a=- /w/b=old',
    ],
  ])('%s', (_, states, more, expected) => {
    expect(planned(states, more)).toBe(expected)
  })
})
