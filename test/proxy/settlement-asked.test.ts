import { describe, expect, it } from 'vitest'
import { A, B, both, desk } from './settlement-desk.ts'

describe('an edit that the editor has asked for', () => {
  const given = () => {
    const d = desk()
    d.settlement.follow(both(), d.follower, 'none')
    return d
  }

  it('and that shows nowhere for ten seconds is noted as not taken up, once', async () => {
    const d = given()
    await d.wait(9000)
    expect(d.told).toEqual(['1: forwarded (not seen in the editor so far)'])
    await d.wait(120_000)
    expect(d.told).toEqual([
      '1: forwarded (not seen in the editor so far)',
      '1: forwarded (not taken up by the editor)',
    ])
  })

  it('is followed all the same: a prompt may stand for minutes', async () => {
    const d = given()
    await d.wait(60_000)
    d.open(A, B).type(A, 'bar\n').type(B, 'bar()\n').save(A).save(B)
    await d.wait(1000)
    expect(d.told).toEqual([
      '1: forwarded (not seen in the editor so far)',
      '1: forwarded (not taken up by the editor)',
      '1: applied',
      '1: landed',
    ])
  })

  it('and never took up is abandoned when the session ends', async () => {
    const d = given()
    await d.wait(20_000)
    await d.settlement.finish()
    expect(d.told).toEqual([
      '1: forwarded (not seen in the editor so far)',
      '1: forwarded (not taken up by the editor)',
      '1: abandoned',
    ])
  })

  it('stays open where the session ends before that can be told', async () => {
    const d = given()
    await d.wait(5000)
    await d.settlement.finish()
    expect(d.told).toEqual([
      '1: forwarded (not seen in the editor so far)',
      '1: forwarded (not answered by the editor)',
    ])
  })

  it('stays open where the user typed on before the editor told of it', async () => {
    const d = given().open(A)
    await d.wait(800)
    d.type(A, 'bar + mor\n')
    await d.wait(20_000)
    await d.settlement.finish()
    expect(d.told).toEqual([
      '1: forwarded (not seen in the editor so far)',
      '1: forwarded (not answered by the editor)',
    ])
  })

  it('is not taken for taken up where the user types something later', async () => {
    const d = given().open(A)
    await d.wait(5000)
    d.type(A, 'mor\n')
    await d.wait(20_000)
    expect(d.told).toEqual([
      '1: forwarded (not seen in the editor so far)',
      '1: forwarded (not taken up by the editor)',
    ])
  })

  it('stays open where some of it was seen', async () => {
    const inBuffer = given().open(A).type(A, 'bar\n')
    await inBuffer.wait(20_000)
    await inBuffer.settlement.finish()
    expect(inBuffer.told).toEqual(['1: applied'])
    const onDisk = given()
    onDisk.disk.set(A, 'bar\n')
    await onDisk.wait(20_000)
    await onDisk.settlement.finish()
    expect(onDisk.told).toEqual(['1: forwarded (not answered by the editor)'])
  })
})
