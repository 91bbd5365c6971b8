import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { MayGoOn } from '../../server/journal/retention.ts'
import { Housekeeper } from '../../server/proxy/housekeeper.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

/** How often the house was kept, what may stop it, and what was told. */
let kept: MayGoOn[]
let told: unknown[]
let idle: () => Promise<void>
let house: (mayGoOn: MayGoOn) => Promise<void>
let housekeeper: Housekeeper

beforeEach(() => {
  kept = []
  told = []
  idle = () => Promise.resolve()
  house = async (mayGoOn) => void kept.push(mayGoOn)
  housekeeper = new Housekeeper(
    (mayGoOn) => house(mayGoOn),
    () => idle(),
    (problem) => told.push(problem),
  )
})

it('does nothing in a session that records nothing', async () => {
  await vi.advanceTimersByTimeAsync(600_000)
  await housekeeper.end()
  expect(kept).toEqual([])
})

it('keeps house a minute after an edit, once for all that came meanwhile, and again after later ones', async () => {
  housekeeper.recorded()
  await vi.advanceTimersByTimeAsync(59_000)
  housekeeper.recorded()
  expect(kept).toEqual([])
  await vi.advanceTimersByTimeAsync(1000)
  expect(kept.length).toBe(1)
  await vi.advanceTimersByTimeAsync(600_000)
  expect(kept.length).toBe(1)
  housekeeper.recorded()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(kept.length).toBe(2)
})

it('keeps house at the end where it has not since the last edit', async () => {
  housekeeper.recorded()
  await housekeeper.end()
  expect(kept.length).toBe(1)
  await vi.advanceTimersByTimeAsync(600_000)
  expect(kept.length).toBe(1)
})

it('waits while an edit is recorded', async () => {
  let goOn = () => {}
  idle = () =>
    new Promise((done) => {
      goOn = done
    })
  const steps: string[] = []
  house = async (mayGoOn) => {
    await mayGoOn()
    steps.push('a step')
  }
  housekeeper.recorded()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(steps).toEqual([])
  goOn()
  await vi.advanceTimersByTimeAsync(0)
  expect(steps).toEqual(['a step'])
})

it('stops two seconds after the end has begun', async () => {
  housekeeper.recorded()
  await vi.advanceTimersByTimeAsync(60_000)
  await vi.advanceTimersByTimeAsync(600_000)
  expect(await kept[0]!()).toBe(true)
  await housekeeper.end()
  await vi.advanceTimersByTimeAsync(1999)
  expect(await kept[0]!()).toBe(true)
  await vi.advanceTimersByTimeAsync(1)
  expect(await kept[0]!()).toBe(false)
})

it('tells of a failure, and harms nothing', async () => {
  house = () => Promise.reject(new Error('EIO'))
  housekeeper.recorded()
  await housekeeper.end()
  expect(told).toEqual([new Error('EIO')])
})
