/** What a stranger's JSON may hold: any key, anything under it. */
export type Json = Readonly<Record<string, unknown>>

/** The value, if keys can be looked up in it; else an object without any. */
export function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}
