import { resourceToString } from '../addrs/index.ts'
import type { Config } from '../config/index.ts'
import { functionTable } from '../lang/functions/index.ts'

/** What may stand in an expression of the root module: names of functions, and references to what is declared there. */
export function expressionNames({ module }: Config): readonly string[] {
  const references = [
    ...[...module.variables.keys()].map((name) => `var.${name}`),
    ...[...module.locals.keys()].map((name) => `local.${name}`),
    ...[...module.moduleCalls].flatMap(([name]) => [`module.${name}`]),
    ...[...module.resources.values()].map(({ address }) => resourceToString(address)),
    ...['path.cwd', 'path.module', 'path.root', 'terraform.workspace', 'true', 'false', 'null'],
  ]
  const functions = functionTable({ baseDir: '.', pure: false }).names()
  return [...references, ...[...functions, 'type'].map((name) => `${name}(`)].sort()
}

/** The names that the end of a line may be the beginning of, and that end. */
export function completeLine(names: readonly string[], line: string): [completions: string[], end: string] {
  const end = /[\w.\-:]*$/.exec(line)![0]
  return [end === '' ? [] : names.filter((name) => name.startsWith(end)), end]
}
