import { describe, test } from 'vitest'
import { describeWith, isInstalled } from '../scenarios/real-servers/installed.ts'
import type { EditorKind } from './editor.ts'
import { type Scenario, scenariosOf } from './scenarios.ts'

/** Whether everything is run, or what stands for the rest. */
export const ALL = process.env.LSP_WAL_TEST_EDITORS === 'all'

/** A start of an editor, an edit, an end, and one or two starts more. */
const LIMIT_MS = 240_000

/** Holds an editor to every scenario that it has, and to `more`, which is said of it alone. */
export function describeEditor(kind: EditorKind, more: () => void = () => {}): void {
  describeWith(kind.programs, kind.title, () => {
    describeScenarios(kind)
    more()
  })
}

/** The same for a newer one than most have, where it is there. */
export function describeNext(kind: EditorKind): void {
  if (kind.programs.every(isInstalled)) describe(kind.title, () => describeScenarios(kind))
}

function describeScenarios(kind: EditorKind): void {
  const groups = new Map<string, Scenario[]>()
  for (const scenario of scenariosOf(kind).filter(({ usually, leftOut }) => !leftOut && (ALL || usually)))
    groups.set(scenario.about, [...(groups.get(scenario.about) ?? []), scenario])
  for (const [about, scenarios] of groups)
    describeWith(scenarios[0]!.programs, about, () => {
      for (const { title, run } of scenarios) test(title, run, LIMIT_MS)
    })
}
