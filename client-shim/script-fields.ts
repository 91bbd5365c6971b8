import { resolve } from 'node:path'

/** A text to equal, or an expression to match. */
export type Wanted = string | RegExp

/** The script is not one; the message begins with the place in it. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
}

/** A value in the script and where it stands. */
export class Place {
  readonly value: unknown
  readonly #name: string
  readonly #cwd: string

  constructor(value: unknown, name: string, cwd: string) {
    this.value = value
    this.#name = name
    this.#cwd = cwd
  }

  wrong(expected: string): ScriptError {
    return new ScriptError(`${this.#name}: expected ${expected}, not ${JSON.stringify(this.value)}`)
  }

  text(): string {
    if (typeof this.value !== 'string' || this.value === '') throw this.wrong('a text')
    return this.value
  }

  path(): string {
    if (typeof this.value !== 'string' || this.value === '') throw this.wrong('a path')
    return resolve(this.#cwd, this.value)
  }

  count(): number {
    if (!Number.isSafeInteger(this.value) || (this.value as number) < 0)
      throw this.wrong('a number from 0 on')
    return this.value as number
  }

  pattern(): RegExp {
    try {
      return new RegExp(this.text())
    } catch {
      throw this.wrong('a regular expression')
    }
  }

  /** `/…/flags` is an expression, every other text stands for itself. */
  wanted(): Wanted {
    const text = this.text()
    const [, source, flags] = /^\/(.+)\/([a-z]*)$/.exec(text) ?? []
    if (source === undefined) return text
    try {
      return new RegExp(source, flags)
    } catch {
      throw this.wrong('a text or a /regular expression/')
    }
  }

  object(): Record<string, unknown> {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) {
      throw this.wrong('an object')
    }
    return this.value as Record<string, unknown>
  }

  list<T>(read: (at: Place) => T): T[] {
    if (!Array.isArray(this.value)) throw this.wrong('a list')
    return this.value.map((item, index) => read(new Place(item, `${this.#name}[${index}]`, this.#cwd)))
  }

  fields(): Fields {
    return new Fields(this.object(), this.#name, this.#cwd)
  }
}

/** The fields of an object; one that nobody has read is a mistake in the script. */
export class Fields {
  readonly #object: Record<string, unknown>
  readonly #name: string
  readonly #cwd: string
  readonly #read = new Set<string>()

  constructor(value: unknown, name: string, cwd: string) {
    this.#object = new Place(value, name, cwd).object()
    this.#name = name
    this.#cwd = cwd
  }

  required<T>(key: string, read: (at: Place) => T): T {
    if (!Object.hasOwn(this.#object, key)) throw new ScriptError(`${this.#name}: ${key} is missing`)
    this.#read.add(key)
    return read(new Place(this.#object[key], `${this.#name}.${key}`, this.#cwd))
  }

  optional<T>(key: string, read: (at: Place) => T): T | undefined {
    return Object.hasOwn(this.#object, key) ? this.required(key, read) : undefined
  }

  nothingElse(): void {
    const unknown = Object.keys(this.#object).find((key) => !this.#read.has(key))
    if (unknown !== undefined) throw new ScriptError(`${this.#name}: nothing is called ${unknown}`)
  }
}
