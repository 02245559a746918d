export { type Adjacency, Graph, neighboursOf } from './graph.ts'
export { findCycles, topologicalOrder } from './order.ts'
export { reducedEdges } from './reduce.ts'
export { type GraphVisitor, type Outcome, walkGraph } from './walk.ts'
