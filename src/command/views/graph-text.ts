import { modulePathToString } from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import type { OperationGraph, OperationVertex, ResourceGraph } from '../../lang/operation-graph.ts'

/** Resources in boxes, by module, in the DOT language, as Terraform writes them. */
export function resourceGraphDot({ resources, edges }: ResourceGraph, command: string): string {
  const lines = ['digraph G {', '  rankdir = "RL";', '  node [shape = rect, fontname = "sans-serif"];']
  if (resources.length === 0) {
    lines.push('  /* This configuration does not contain any resources.         */')
    lines.push(`  /* For a more detailed graph, try: ${command} graph -type=plan */`)
  }
  let open = ''
  for (const { module, name, address } of resources) {
    const path = modulePathToString(module)
    if (path !== open) {
      if (open !== '') lines.push('  }')
      lines.push(`  subgraph ${quoted(`cluster_${path}`)} {`, `    label = ${quoted(path)}`, '    fontname = "sans-serif"')
      open = path
    }
    lines.push(`${path === '' ? '  ' : '    '}${quoted(address)} [label=${quoted(name)}];`)
  }
  if (open !== '') lines.push('  }')
  for (const [from, targets] of edges.entries()) {
    for (const to of targets) lines.push(`  ${quoted(resources[from]!.address)} -> ${quoted(resources[to]!.address)};`)
  }
  lines.push('}')
  return `${lines.join('\n')}\n`
}

/** The same as a Mermaid flowchart, which many web pages draw. */
export function resourceGraphMermaid({ resources, edges }: ResourceGraph): string {
  const lines = ['flowchart RL']
  let open = ''
  for (const [i, { module, name }] of resources.entries()) {
    const path = modulePathToString(module)
    if (path !== open) {
      if (open !== '') lines.push('  end')
      lines.push(`  subgraph ${mermaidText(path)}`)
      open = path
    }
    lines.push(`${path === '' ? '  ' : '    '}r${i}[${mermaidText(name)}]`)
  }
  if (open !== '') lines.push('  end')
  for (const [from, targets] of edges.entries()) for (const to of targets) lines.push(`  r${from} --> r${to}`)
  return `${lines.join('\n')}\n`
}

const shapes: Readonly<Record<OperationVertex['kind'], string | undefined>> = {
  resource: 'box',
  instance: 'box',
  provider: 'diamond',
  variable: 'note',
  other: undefined,
}

/** Everything that is evaluated, in the DOT language, as Terraform writes it. */
export function operationGraphDot({ vertices, edges }: OperationGraph): string {
  const name = (vertex: OperationVertex): string => quoted(`[root] ${vertex.name}`)
  const nodes: (readonly [name: string, line: string])[] = []
  const arrows: string[] = []
  for (const [i, vertex] of vertices.entries()) {
    const shape = shapes[vertex.kind]
    if (shape !== undefined) nodes.push([vertex.name, `\t\t${name(vertex)} [label = ${quoted(vertex.label)}, shape = "${shape}"]`])
    for (const to of edges[i]!) arrows.push(`\t\t${name(vertex)} -> ${name(vertices[to]!)}`)
  }
  const lines = [
    'digraph {',
    '\tcompound = "true"',
    '\tnewrank = "true"',
    '\tsubgraph "root" {',
    ...nodes.sort(([a], [b]) => compareStrings(a, b)).map(([, line]) => line),
    ...[...new Set(arrows)].sort(),
    '\t}',
    '}',
  ]
  return `${lines.join('\n')}\n`
}

export function operationGraphMermaid({ vertices, edges }: OperationGraph): string {
  const lines = ['flowchart RL']
  for (const [i, { name, kind }] of vertices.entries()) {
    const text = mermaidText(name)
    lines.push(`  v${i}${kind === 'provider' ? `{${text}}` : kind === 'variable' ? `>${text}]` : `[${text}]`}`)
  }
  for (const [from, targets] of edges.entries()) for (const to of targets) lines.push(`  v${from} --> v${to}`)
  return `${lines.join('\n')}\n`
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}

/** In quotes, where only quotes themselves mean something. */
function mermaidText(text: string): string {
  return `"${text.replaceAll('"', '#quot;')}"`
}
