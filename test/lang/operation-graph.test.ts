import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { operationGraphDot, operationGraphMermaid, resourceGraphDot, resourceGraphMermaid } from '../../src/command/views/graph-text.ts'
import { diskFileSystem, loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { Graph, neighboursOf, reducedEdges } from '../../src/dag/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { operationGraph, resourceGraph } from '../../src/lang/operation-graph.ts'

const root = fileURLToPath(new URL('./testdata/graph', import.meta.url))

function load(files: ReturnType<typeof memoryFileSystem>) {
  const diags = new Diagnostics()
  const config = loadConfig('.', { files }, diags)
  expect(diags.items.filter((d) => d.severity === 'error')).toEqual([])
  return config
}

describe.each(readdirSync(root))('%s: the picture that Terraform draws', (name) => {
  const config = load(diskFileSystem(`${root}/${name}`))
  const wanted = (file: string): string => readFileSync(`${root}/${name}/${file}.dot`, 'utf8')

  test('of resources', () => {
    expect(resourceGraphDot(resourceGraph(config), 'terraform')).toBe(wanted('resources'))
  })

  test.each(['plan', 'apply'] as const)('of what is done to %s', (phase) => {
    expect(operationGraphDot(operationGraph(config, phase))).toBe(wanted(phase))
  })
})

test('a flowchart', () => {
  const config = load(memoryFileSystem({ 'main.tf': 'resource "a_b" "c" {}\nresource "a_b" "d" {\n x = [a_b.c, "\\""]\n}\n' }))
  expect(resourceGraphMermaid(resourceGraph(config))).toBe('flowchart RL\n  r0["a_b.c"]\n  r1["a_b.d"]\n  r1 --> r0\n')
  expect(operationGraphMermaid(operationGraph(config, 'plan'))).toContain('{"provider[#quot;registry.terraform.io/hashicorp/a#quot;]"}')
})

test('an empty picture says where more is to be seen', () => {
  expect(resourceGraphDot(resourceGraph(load(memoryFileSystem({ 'main.tf': '' }))), 'landform')).toContain('try: landform graph -type=plan')
})

test('edges that others imply are left out, and no others', () => {
  const edges = fc.uniqueArray(fc.tuple(fc.nat(39), fc.nat(39)), { maxLength: 120, selector: ([a, b]) => a * 40 + b })
  fc.assert(
    fc.property(edges, (pairs) => {
      const graph = new Graph()
      for (let v = 0; v < 40; v++) graph.addVertex()
      for (const [a, b] of pairs) if (a !== b) graph.addEdge(Math.max(a, b), Math.min(a, b))
      const kept = reducedEdges(graph)
      const reach = (from: number, next: (v: number) => Iterable<number>, without?: number): Set<number> => {
        const seen = new Set<number>()
        const pending = [...next(from)].filter((v) => v !== without)
        for (let v = pending.pop(); v !== undefined; v = pending.pop()) {
          if (seen.has(v)) continue
          seen.add(v)
          pending.push(...next(v))
        }
        return seen
      }
      for (let v = 0; v < 40; v++) {
        expect(reach(v, (w) => kept[w]!)).toEqual(reach(v, (w) => neighboursOf(graph.waitsFor, w)))
        for (const w of kept[v]!) expect(reach(v, (x) => kept[x]!, w).has(w)).toBe(false)
      }
    }),
  )
})
