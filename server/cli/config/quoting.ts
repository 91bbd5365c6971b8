/** A Lua string. */
export function lua(text: string): string {
  const escaped = text
    .replace(/[\\']/g, '\\$&')
    .replace(/\p{Cc}/gu, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`)
  return `'${escaped}'`
}

/** A string of Emacs Lisp. Control characters stand in it as they are, but for what its reader takes for something else. */
export function lisp(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}

/** A basic string of TOML, which has JSON's escapes, but for DEL. */
export function toml(text: string): string {
  return JSON.stringify(text).replaceAll('\x7f', '\\u007f')
}

/** The same between the braces of Kakoune, which counts those in strings, too. */
export function tomlInBraces(text: string): string {
  return toml(text).replace(/[{}]/g, (brace) => `\\u00${brace.charCodeAt(0).toString(16)}`)
}

/** A word for a POSIX shell. */
export function shell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
