import { resolve } from 'node:path'
import type { Diagnostics } from '../../diags/index.ts'

/** A stack by its environment and its own name, which for an environment's only stack are the same. */
export interface StackId {
  readonly environment: string
  readonly stack: string
}

/** `stage`, or `stage/network` where an environment has several stacks. */
export function stackIdText({ environment, stack }: StackId): string {
  return environment === stack ? stack : `${environment}/${stack}`
}

/**
 * Says which state is meant, the same for every way to write it: arguments that only say how to get there do not count.
 *
 * @param config arguments of the backend, as JSON.
 */
export function stateIdentity(backend: string, config: Readonly<Record<string, unknown>>, workspace: string): string {
  const text = (name: string): string => (typeof config[name] === 'string' ? config[name] : '')
  const isDefault = workspace === '' || workspace === 'default'
  switch (backend) {
    case 's3': {
      const key = isDefault ? text('key') : `${text('workspace_key_prefix') || 'env:'}/${workspace}/${text('key')}`
      return `s3:${text('bucket')}/${key}`
    }
    case 'local': {
      const path = isDefault
        ? text('path') || 'terraform.tfstate'
        : `${text('workspace_dir') || 'terraform.tfstate.d'}/${workspace}/terraform.tfstate`
      return `local:${resolve(path)}`
    }
    default: {
      const set = Object.entries(config).filter(([, value]) => value !== null)
      return `${backend}:${JSON.stringify(set.sort(([a], [b]) => (a < b ? -1 : 1)))}:${isDefault ? '' : workspace}`
    }
  }
}

type RemoteStates = Record<string, { backend?: unknown; config?: unknown; workspace?: unknown }>

/** The states that a stack of cdktf reads, as far as it names them in plain text. @param text of its `cdk.tf.json` */
export function statesReadBy(text: string): readonly string[] {
  const json = JSON.parse(text) as { data?: { terraform_remote_state?: RemoteStates } }
  const found: string[] = []
  for (const { backend, config, workspace } of Object.values(json.data?.terraform_remote_state ?? {})) {
    if (typeof backend !== 'string') continue
    // cdktf names the workspace that one is in; stacks of environments have only one.
    const own = typeof workspace !== 'string' || workspace === '${terraform.workspace}'
    found.push(stateIdentity(backend, (config ?? {}) as Record<string, unknown>, own ? '' : workspace))
  }
  return found
}

export interface StackNode {
  readonly name: string
  /** Identity of its own state. */
  readonly state: string
  /** Identities of the states it reads. */
  readonly reads: readonly string[]
}

/** The stacks in an order in which each comes after those whose states it reads, otherwise as given; with what each waits for. */
export interface StackOrder {
  readonly names: readonly string[]
  readonly upstream: ReadonlyMap<string, readonly string[]>
}

/** Undefined with a diagnostic when stacks wait for each other. */
export function orderStacks(stacks: readonly StackNode[], diags: Diagnostics): StackOrder | undefined {
  const owner = new Map(stacks.map(({ name, state }) => [state, name]))
  const upstream = new Map<string, readonly string[]>()
  for (const { name, reads } of stacks) {
    const found = new Set<string>()
    for (const state of reads) {
      const other = owner.get(state)
      if (other !== undefined && other !== name) found.add(other)
    }
    upstream.set(name, [...found])
  }
  const names: string[] = []
  const done = new Set<string>()
  let left = stacks.map((s) => s.name)
  while (left.length > 0) {
    const ready = left.find((name) => upstream.get(name)!.every((other) => done.has(other)))
    if (ready === undefined) {
      diags.error(
        'Stacks depend on each other',
        `None of these can come first, because each reads the state of another one: ${cycleIn(left, upstream).join(' reads ')}. Take one of the references out, or put both stacks together.`,
      )
      return undefined
    }
    names.push(ready)
    done.add(ready)
    left = left.filter((name) => name !== ready)
  }
  return { names, upstream }
}

function cycleIn(left: readonly string[], upstream: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const path: string[] = [left[0]!]
  for (;;) {
    const next = upstream.get(path.at(-1)!)!.find((name) => left.includes(name))!
    const at = path.indexOf(next)
    if (at >= 0) return [...path.slice(at), next]
    path.push(next)
  }
}
