import { frame } from './messages.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
/** The plainest request. */
export const hover = '{"jsonrpc":"2.0","id":7,"method":"textDocument/hover","params":{}}'
/** Headers that say a body's length. */
export const HEADERS: readonly [string, (length: number) => string][] = [
  [
    'Content-Type first',
    (n) => `Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: ${n}\r\n\r\n`,
  ],
  ['Content-Type last', (n) => `Content-Length: ${n}\r\nContent-Type: application/vscode-jsonrpc\r\n\r\n`],
  ['small letters', (n) => `content-length: ${n}\r\n\r\n`],
  ['capitals', (n) => `CONTENT-LENGTH: ${n}\r\n\r\n`],
  ['headers that nobody knows', (n) => `X-Trace: a:b: c\r\nContent-Length: ${n}\r\nX-Empty:\r\n\r\n`],
  ['no space after the colon', (n) => `Content-Length:${n}\r\n\r\n`],
  ['blanks around the value', (n) => `Content-Length: \t ${n} \t\r\n\r\n`],
  ['leading zeros', (n) => `Content-Length: 00${n}\r\n\r\n`],
  ['lines that end without CR', (n) => `Content-Length: ${n}\n\n`],
]

const BODIES: readonly [string, string | Buffer][] = [
  [
    'integers beyond 2^53',
    '{"jsonrpc":"2.0","id":9223372036854775808,"method":"x","params":[18446744073709551616,-9007199254740993]}',
  ],
  ['other spellings of numbers', '{"jsonrpc":"2.0","id":1.0,"method":"x","params":[1e2,-0,1E+400,0.10]}'],
  ['keys that come twice', '{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"id":2,"method":"x","method":"y"}'],
  ['fields that nobody knows', '{"$type":null,"jsonrpc":"2.0","future":[{}],"method":"x"}'],
  [
    'escapes, in keys too',
    '{"jsonrpc":"2.0","m\\u0065thod":"text\\/\\u0068over","p\\u0061rams":"\\ud800 \\u0000 \\/ \\\\\\""}',
  ],
  ['white space everywhere', '\n{ "jsonrpc" :\t"2.0" ,\r\n "method" : "x" ,\n"params" : [ ] }\n '],
  ['characters of two, three and four bytes', '{"jsonrpc":"2.0","method":"é","params":"日本語 😀"}'],
  [
    'bytes that are no UTF-8',
    Buffer.concat([
      latin1('{"jsonrpc":"2.0","method":"'),
      Buffer.from([0xff, 0xc0, 0xed, 0xa0]),
      latin1('"}'),
    ]),
  ],
  ['a byte order mark', `\ufeff${hover}`],
  ['a batch', `[${hover},${hover}]`],
  ['a response to nobody', '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}'],
  ['a response with a result and an error', '{"jsonrpc":"2.0","id":"lsp","result":null,"error":null}'],
  ['no JSON', 'hello'],
  ['JSON cut short', '{"jsonrpc":"2.0","meth'],
  ['a string that never ends', '"{"'],
  ['a message and more behind it', `${hover}${hover}`],
  ['NULs', Buffer.alloc(99)],
  ['other values', '3'],
  ['a hundred thousand open brackets', '['.repeat(100_000)],
  ['nothing', ''],
  ['nothing but blanks', ' \r\n'],
]

/** An edit only where the method of the whole message says so: what else may hold the params of one. */
const noEdits = (edit: string): readonly [string, string][] => [
  [
    'in a text',
    `{"jsonrpc":"2.0","method":"x","params":"{\\"method\\":\\"workspace/applyEdit\\",\\"params\\":${JSON.stringify(edit).slice(1, -1)}}"}`,
  ],
  [
    'as a text that only looks like it ends',
    `{"jsonrpc":"2.0","params":"\\\\\\",\\"method\\":\\"workspace/applyEdit\\"","method":"x"}`,
  ],
  [
    'in a nested object',
    `{"jsonrpc":"2.0","params":{"method":"workspace/applyEdit","params":${edit}},"method":"x"}`,
  ],
  ['in a list', `[{"jsonrpc":"2.0","id":1,"method":"workspace/applyEdit","params":${edit}}]`],
  ['in a result', `{"jsonrpc":"2.0","id":1,"result":{"method":"workspace/applyEdit","params":${edit}}}`],
  [
    'under another key',
    `{"jsonrpc":"2.0","Method":"workspace/applyEdit","method ":"workspace/applyEdit","params":${edit}}`,
  ],
  ['with more behind its name', `{"jsonrpc":"2.0","id":1,"method":"workspace/applyEdits","params":${edit}}`],
  ['in capitals', `{"jsonrpc":"2.0","id":1,"method":"workspace/applyedit","params":${edit}}`],
  ['as no text', `{"jsonrpc":"2.0","id":1,"method":["workspace/applyEdit"],"params":${edit}}`],
]

const NOISE: readonly [string, Buffer][] = [
  ['a log line', latin1('[info] listening\n')],
  ['a log line without an end', latin1('listening... ')],
  [
    'lines that look like headers',
    latin1('Error: no such file\r\nContent-Type: text\r\nContent-Length: soon\r\n\r\n'),
  ],
  ['half a header', latin1('Content-Length: ')],
  ['every byte there is', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  ['a megabyte without an end of line', Buffer.alloc(2 ** 20, 'noise')],
  ['a megabyte of empty lines', Buffer.alloc(2 ** 20, '\r\n')],
  ['a message without a header', latin1(`${hover}\n`)],
]

/** All that may come, each behind a frame; `edit`: the params of an edit, which none of it is. */
export function shapes(edit: string): readonly (readonly [name: string, bytes: Buffer])[] {
  const behind = (bytes: Buffer) => Buffer.concat([frame(hover), bytes])
  return [
    ...HEADERS.map(([name, head]) => [`a header: ${name}`, behind(frame(hover, head))] as const),
    ...BODIES.map(([name, body]) => [`a body: ${name}`, behind(frame(body))] as const),
    ...noEdits(edit).map(([name, body]) => [`workspace/applyEdit ${name}`, behind(frame(body))] as const),
    ...NOISE.map(([name, noise]) => [`noise: ${name}`, behind(noise)] as const),
  ]
}
