import { describe, expect, test } from 'vitest'
import { exponent, measure, median } from '../../bench/measure.ts'
import { table } from '../../bench/report.ts'
import { blocks, chain, count, layers, modules, pair } from '../../bench/workloads.ts'

describe('figures', () => {
  test.each([
    [[3], 3],
    [[4, 1, 3], 3],
    [[1, 2, 3, 10], 2.5],
  ])('the median of %j is %d', (values, want) => expect(median(values)).toBe(want))

  test.each([1, 1.5, 2])('a cost that grows with the power %d', (power) => {
    const points = [250, 500, 1000, 4000].map((size) => ({ size, cost: 0.3 * size ** power }))
    expect(exponent(points)).toBeCloseTo(power, 10)
  })

  test('what a command costs', async () => {
    const busy = 'const end = Date.now() + 200; while (Date.now() < end); process.exitCode = 3'
    const result = await measure({ program: process.execPath, args: ['-e', busy], cwd: '.' })
    expect(result.code).toBe(3)
    expect(result.cpuMs).toBeGreaterThan(20)
    expect(result.wallMs).toBeGreaterThanOrEqual(200)
  })

  test('the table says what is missed', () => {
    const text = table([
      { what: 'a', landform: '1', target: '<= 1', passed: true },
      { what: 'b', landform: '2', target: '<= 1', passed: false },
      { what: 'c', landform: '3' },
    ])
    expect(text.split('\n').map((line) => line.split('|').at(-2)!.trim())).toEqual(['', '--------', 'pass', 'MISSED', ''])
  })
})

describe('workloads', () => {
  test.each([
    ['blocks', blocks],
    ['chain', chain],
    ['layers', layers],
  ] as const)('%s has as many resources as asked for', (_, workload) => {
    expect(workload(60)['main.tf']!.match(/^resource /gm)).toHaveLength(60)
  })

  test('instances', () => {
    expect(count(60)['main.tf']).toContain('count = 60')
    expect(pair(60)['main.tf']).toContain('count = 30')
    expect(modules(300)['main.tf']!.match(/range\(3\)/g)).toHaveLength(10)
  })
})
