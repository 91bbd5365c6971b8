export type Json = Readonly<Record<string, unknown>>

/** What a checked line says is still a stranger's word: everything is looked at before it is used. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

export function objectAt(json: Json, key: string): Json {
  return asObject(json[key], key)
}

export function asObject(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new Unreadable(`${what} is not an object`)
}

export function asArray(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new Unreadable(`${what} is not an array`)
}

export function stringAt(json: Json, key: string): string {
  const value = json[key]
  if (typeof value === 'string') return value
  throw new Unreadable(`${key} is not a string`)
}

export function numberAt(json: Json, key: string): number {
  const value = integerAt(json, key)
  if (value >= 0) return value
  throw new Unreadable(`${key} is negative`)
}

export function integerAt(json: Json, key: string): number {
  const value = json[key]
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new Unreadable(`${key} is not a whole number`)
}

export function bigIntAt(json: Json, key: string): bigint {
  const value = stringAt(json, key)
  if (/^-?\d{1,30}$/.test(value)) return BigInt(value)
  throw new Unreadable(`${key} is not a whole number`)
}
