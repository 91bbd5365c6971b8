import { expect, it } from 'vitest'
import { WorkspaceFolders } from '../../server/proxy/workspace-folders.ts'

it('tells of each folder that was opened, once', () => {
  const folders = new WorkspaceFolders()
  folders.start(['/a'])
  expect(folders.hasOpened).toBe(false)
  expect(folders.change({ added: ['/b', '/b', '/a'], removed: [] })).toBe(true)
  expect(folders.hasOpened).toBe(true)
  expect(folders.takeOpened()).toEqual(['/b'])
  expect(folders.takeOpened()).toEqual([])
  expect(folders.change({ added: ['/b'], removed: [] })).toBe(false)
  expect(folders.hasOpened).toBe(false)
})

it('keeps those that were closed, and tells of one again that is opened again', () => {
  const folders = new WorkspaceFolders()
  folders.start(['/a'])
  folders.change({ added: ['/b'], removed: [] })
  expect(folders.change({ added: [], removed: ['/a', '/b'] })).toBe(false)
  expect([folders.all, folders.takeOpened()]).toEqual([['/a', '/b'], []])
  // It was there before: nothing is recorded anew.
  expect(folders.change({ added: ['/a'], removed: [] })).toBe(false)
  expect([folders.all, folders.takeOpened()]).toEqual([['/a', '/b'], ['/a']])
})
