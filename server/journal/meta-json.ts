import type { Hashes } from '../edits/hash.ts'
import type { Image } from '../edits/images.ts'
import type { About, PathFacts, Withheld } from './intent.ts'

const KEPT_EDIT = 1024 * 1024 // bytes of JSON up to which the WorkspaceEdit is kept beside its images
const LONGEST_LABEL = 1000 // UTF-16 units; it is shown in one line, and written into one

/** JSON.stringify writes a lone surrogate as an escape; no reader of this log shall meet one. */
export function asJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!json.includes('\\ud')) return json
  return json.replace(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (code) => (code.length === 6 ? '\ufffd' : code))
}

/** The keys of `meta` that say what an intent is about, without braces. */
export function aboutJson({ edit, ...about }: About): string {
  const json = asJson({ ...about, label: cut(about.label), server: cut(about.server) }).slice(1, -1)
  const editJson = edit === undefined ? undefined : asJson(edit)
  const isKept = editJson !== undefined && Buffer.byteLength(editJson) <= KEPT_EDIT
  return isKept ? `${json},"edit":${editJson}` : json
}

function cut(text: string): string {
  return text.length <= LONGEST_LABEL ? text : `${text.slice(0, LONGEST_LABEL - 1)}…`
}

/**
 * What `meta` says of one path. `direct`: its edits say what the after-image is; else that is kept whole. `hashes`: of
 * the after-image, where there is one.
 */
export function pathNote(
  { after, path, source }: Image,
  known: PathFacts | undefined,
  direct: boolean,
  hashes: Hashes | undefined,
): string {
  const facts = factsJson(known)
  switch (after.kind) {
    case 'absent':
      return `{"after":null${facts}`
    case 'unknown':
      return `{"unknown":${asJson(after.reason)}${facts}`
    case 'file': {
      const { raw, norm } = hashes!
      const kept = direct ? '' : ',"kept":true'
      const from = direct && source !== undefined && source !== path ? `,"movedFrom":${asJson(source)}` : ''
      return `{"after":{"raw":"${raw}","norm":"${norm}"${kept}}${from}${facts}`
    }
  }
}

/** The same of a path of which hashes alone are written. */
export function withheldNote({ after }: Withheld, known: PathFacts | undefined): string {
  const [key, value] =
    after.kind === 'unknown'
      ? ['unknown', after.reason]
      : ['after', after.kind === 'file' ? { raw: after.hashes.raw, norm: after.hashes.norm } : null]
  return `{"withheld":true,"${key}":${asJson(value)}${factsJson(known)}`
}

/** The keys behind others in an object, and its end. */
function factsJson(facts: PathFacts | undefined): string {
  if (facts === undefined) return '}'
  const { mtimeNs, ...others } = facts
  return `,${asJson({ ...others, mtime: mtimeNs?.toString() }).slice(1)}`
}
