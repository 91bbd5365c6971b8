import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itemsOf, memberOf, membersOf } from '../../server/proxy/json-bytes.ts'

const at = (text: string, from = 0) => ({ bytes: Buffer.from(text), from })

/** Keys and values as they are spelled. */
function spelled(text: string): string[] | undefined {
  const { bytes, from } = at(text)
  return membersOf(bytes, from)?.map(({ key, value, to }) => `${key}=${bytes.toString('utf8', value, to)}`)
}

function listed(text: string): string[] | undefined {
  const { bytes, from } = at(text)
  return itemsOf(bytes, from)?.map((item) => bytes.toString('utf8', item.from, item.to))
}

describe('membersOf', () => {
  it.each<[string, string[] | undefined]>([
    ['{}', []],
    ['{ \n}', []],
    ['{"a":1}', ['a=1']],
    [' {"a":1}', undefined],
    [
      '{"a" : 1.0 ,"b":[1,{"c":"}"}],\t"d":{"e":"\\"]"} , "f":null}',
      ['a=1.0', 'b=[1,{"c":"}"}]', 'd={"e":"\\"]"}', 'f=null'],
    ],
    ['{"\\u0061\\/":"é"}', ['a/="é"']],
    ['{"a":1,"a":2}', ['a=1', 'a=2']],
    ['{"a":1,}', undefined],
    ['{"a"}', undefined],
    ['{"a":}', undefined],
    ['{a:1}', undefined],
    ['{"a":1', undefined],
    ['{"a":"1', undefined],
    ['{"a":1 "b":2}', undefined],
    ['{"\\x":1}', undefined],
    ['[1]', undefined],
    ['', undefined],
  ])('%j', (text, members) => {
    expect(spelled(text)).toEqual(members)
  })

  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const bytes = Buffer.from(JSON.stringify(object))
        const members = membersOf(bytes, 0)!.map(({ key, value, to }): [string, unknown] => [
          key,
          JSON.parse(bytes.toString('utf8', value, to)),
        ])
        expect(members).toEqual(Object.entries(JSON.parse(JSON.stringify(object)) as object))
      }),
    )
  })
})

describe('memberOf', () => {
  it('takes the last one of a name, as JSON.parse does', () => {
    const bytes = Buffer.from('{"a":1,"b":2,"a":3}')
    const { value, to } = memberOf(bytes, 0, 'a')!
    expect(bytes.toString('utf8', value, to)).toBe('3')
    expect(memberOf(bytes, 0, 'c')).toBeUndefined()
  })
})

describe('itemsOf', () => {
  it.each<[string, string[] | undefined]>([
    ['[]', []],
    ['[ ]', []],
    ['[1 , {"a":[2]},"]" ,[ ]]', ['1', '{"a":[2]}', '"]"', '[ ]']],
    ['[1,]', undefined],
    ['[1', undefined],
    ['[1 2]', undefined],
    ['[,]', undefined],
    ['{}', undefined],
  ])('%j', (text, items) => {
    expect(listed(text)).toEqual(items)
  })
})
