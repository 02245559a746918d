import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Diagnostics } from '../diags/index.ts'
import { checkOut } from './git.ts'
import { stackIdText } from './plan-set/index.ts'
import { openProject } from './project.ts'
import { type Prepared, prepareEnvironments, synthesise } from './synth.ts'

/** Which stacks a change concerns. */
export interface Affected {
  /** Those whose synthesised configuration is another one than in the base. */
  readonly changed: ReadonlySet<string>
  /** Why all count as changed, where they do. */
  readonly why: string | undefined
}

/**
 * Compares the stacks of environments with those that the sources of another commit make. What counts is what comes out, not which files were touched: a comment
 * in a shared module concerns no stack. Undefined with diagnostics when there is nothing to compare with.
 */
export async function findAffected(
  prepared: Prepared,
  names: readonly string[],
  base: string,
  diags: Diagnostics,
): Promise<Affected | undefined> {
  const own = new Map<string, string>()
  for (const name of names) {
    for (const stack of (await synthesise(prepared, name, diags)) ?? [])
      own.set(stackIdText({ environment: name, stack: stack.name }), stack.text)
  }
  if (diags.hasErrors) return undefined
  const all = (why: string): Affected => ({ changed: new Set(own.keys()), why })
  const tree = await checkOut(prepared.project, base, diags)
  if (tree === undefined) return undefined
  try {
    if (tree.otherPackages) return all('other packages are locked')
    if (!existsSync(join(tree.root, 'environments', 'accounts.ts'))) return all('the base has no environments')
    const other = new Diagnostics()
    const project = openProject(tree.root, other)
    // What the base's types say is nobody's concern any more.
    const then = project === undefined ? undefined : await prepareEnvironments(project, other, { checkTypes: false })
    if (project === undefined || then === undefined) return all('the environments of the base cannot be made')
    const changed = new Set(own.keys())
    for (const name of names.filter((n) => project.environments.includes(n))) {
      for (const stack of (await synthesise(then, name, other)) ?? []) {
        const id = stackIdText({ environment: name, stack: stack.name })
        if (own.get(id) === stack.text) changed.delete(id)
      }
    }
    return { changed, why: undefined }
  } finally {
    await tree.remove()
  }
}
