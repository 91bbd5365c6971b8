import { idAsWritten, idOf } from './envelope.ts'
import { asObject, type Json } from './json.ts'
import { firstValue } from './json-bytes.ts'

/** A whole message that somebody wants to see. */
export class Message {
  /** Header and body, as they came. */
  readonly frame: Buffer
  readonly #bodyAt: number
  #json: Json | undefined | 'not read' = 'not read'

  /** `bodyAt`: the length of the header. */
  constructor(frame: Buffer, bodyAt: number) {
    this.frame = frame
    this.#bodyAt = bodyAt
  }

  get body(): Buffer {
    return this.frame.subarray(this.#bodyAt)
  }

  /** As JSON, in the one spelling of `idOf`; undefined: it has none. */
  get id(): string | undefined {
    return idOf(this.body)
  }

  /** The same in the spelling of its sender, to answer to. */
  get idAsWritten(): string | undefined {
    return idAsWritten(this.body)
  }

  /** The message itself; undefined: it is no JSON object. */
  get json(): Json | undefined {
    if (this.#json === 'not read') this.#json = parsed(this.body)
    return this.#json
  }

  /** Of one that only its top level was read of: what is broken deeper down is its reader's business. */
  get params(): unknown {
    return this.json?.params
  }

  get result(): unknown {
    return this.json?.result
  }
}

function parsed(body: Buffer): Json | undefined {
  const text = body[0] === BOM ? body.subarray(3) : body
  try {
    return asObject(JSON.parse(text.toString('utf8')))
  } catch {
    // A length that was told too large takes in what follows; some editors (Emacs) read the message all the same.
    const end = firstValue(text)
    return end < text.length ? parsed(text.subarray(0, end)) : undefined
  }
}

const BOM = 0xef
