import { Diagnostics } from '../diags/index.ts'
import type { ProviderSelection } from '../workdir/index.ts'
import type { CommandContext } from './context.ts'

export interface EnvironmentProviders {
  readonly name: string
  readonly target: 'sandbox' | 'aws'
  readonly selections: readonly ProviderSelection[]
}

/**
 * Who serves the providers of each environment of the project that a folder lies in. Nothing is started or opened for it, and types are not checked.
 * Undefined where there is no project; diagnostics say why its environments cannot be made.
 */
export async function environmentProviders(
  context: CommandContext,
  diags: Diagnostics,
): Promise<readonly EnvironmentProviders[] | undefined> {
  const { installSettings, openProject, prepareEnvironments, synthesise, synthesisedFile } = await import('../ops/index.ts')
  const { loadSavedConfiguration, selectProviders } = await import('../workdir/index.ts')
  const project = openProject(context.originalDir, new Diagnostics())
  if (project === undefined) return undefined
  const prepared = await prepareEnvironments(project, diags, { checkTypes: false })
  if (prepared === undefined) return []
  const { organization } = prepared
  const settings = installSettings(project, organization, context.environment, context.originalDir)
  const found: EnvironmentProviders[] = []
  for (const name of project.environments) {
    const stacks = (await synthesise(prepared, name, diags, 'pending')) ?? []
    const selections = new Map<string, ProviderSelection>()
    for (const { text } of stacks) {
      const { config } = loadSavedConfiguration(new Map([[synthesisedFile, text]]), diags)
      for (const selection of selectProviders(config, undefined, settings)) selections.set(JSON.stringify(selection.source), selection)
    }
    found.push({ name, target: organization.target, selections: [...selections.values()] })
  }
  return found
}
