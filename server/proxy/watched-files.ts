import type { Intent } from '../journal/intent.ts'
import { uriOfPath } from './document-uri.ts'

// LSP's FileChangeType.
const CREATED = 1
const CHANGED = 2
const DELETED = 3

/**
 * The notification by which a server hears what was written of an intent: its own file watch belongs to the editor, and
 * not every editor has one.
 */
export function changedFiles(
  { images }: Intent,
  written: readonly string[],
): [method: string, params: { readonly changes: readonly object[] }] {
  const isWritten = new Set(written)
  const changes = images
    .filter(({ path }) => isWritten.has(path))
    .map(({ path, before, after }) => ({
      uri: uriOfPath(path),
      type: after.kind === 'absent' ? DELETED : before === undefined ? CREATED : CHANGED,
    }))
  return ['workspace/didChangeWatchedFiles', { changes }]
}
