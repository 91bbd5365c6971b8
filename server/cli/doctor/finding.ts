/** What was found out about one thing. `advice`: what to do about it. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly text: string
  readonly advice?: string
}

export interface Section {
  readonly title: string
  readonly findings: readonly Finding[]
}

export const ok = (text: string): Finding => ({ level: 'ok', text })
export const warning = (text: string, advice?: string): Finding => ({
  level: 'warning',
  text,
  ...(advice !== undefined && { advice }),
})
export const error = (text: string, advice?: string): Finding => ({
  level: 'error',
  text,
  ...(advice !== undefined && { advice }),
})

export function reasonOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem)
}
