import { OWN_COMMANDS } from './roads/desk.ts'

/** The answer to `initialize`, as the proxy hands it on. */
export function asHandedOn(answer: string): string {
  const resolving = answer
    .replace('"codeActionProvider":true', '"codeActionProvider":{"resolveProvider":true}')
    .replace(/("codeActionProvider":\{)(?![^}]*"resolveProvider":true)/, '$1"resolveProvider":true,')
  const own = OWN_COMMANDS.map((id) => JSON.stringify(id)).join(',')
  const commands = /("executeCommandProvider":\{[^}]*"commands":\[[^\]]+)/
  if (commands.test(resolving)) return resolving.replace(commands, `$1,${own}`)
  return resolving.replace(
    '"capabilities":{',
    `"capabilities":{"executeCommandProvider":{"commands":[${own}]},`,
  )
}

/** The same in what a server wrote, its frame's length with it. */
export function asHandedOnIn(stream: string): string {
  const header = stream.lastIndexOf('Content-Length: ', stream.indexOf('"capabilities":'))
  const body = stream.indexOf('\r\n\r\n', header) + 4
  const end = body + Number(/\d+/.exec(stream.slice(header))?.[0])
  const changed = asHandedOn(stream.slice(body, end))
  if (changed === stream.slice(body, end)) return stream
  return `${stream.slice(0, header)}Content-Length: ${changed.length}\r\n\r\n${changed}${stream.slice(end)}`
}
