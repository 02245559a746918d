import type { Command } from './context.ts'

/** Loads the code of one command; nothing of the engine is read before a command needs it. */
export type CommandLoader = () => Promise<Command>

export const commands: Readonly<Record<string, CommandLoader>> = {
  apply: async () => (await import('./apply.ts')).applyCommand,
  comment: async () => (await import('./comment.ts')).commentCommand,
  compare: async () => (await import('./compare.ts')).compareCommand,
  console: async () => (await import('./console.ts')).consoleCommand,
  destroy: async () => (await import('./apply.ts')).destroyCommand,
  'env apply': async () => (await import('./env-apply.ts')).envApplyCommand,
  'env destroy': async () => (await import('./env-apply.ts')).envDestroyCommand,
  'env drift': async () => (await import('./env-drift.ts')).envDriftCommand,
  'env list': async () => (await import('./env-list.ts')).envListCommand,
  'env plan': async () => (await import('./env-plan.ts')).envPlanCommand,
  'env state': async () => (await import('./env-state.ts')).envStateCommand,
  'env synth': async () => (await import('./env-synth.ts')).envSynthCommand,
  'env unlock': async () => (await import('./env-unlock.ts')).envUnlockCommand,
  fmt: async () => (await import('./fmt.ts')).fmtCommand,
  'force-unlock': async () => (await import('./force-unlock.ts')).forceUnlockCommand,
  get: async () => (await import('./get.ts')).getCommand,
  import: async () => (await import('./import.ts')).importCommand,
  graph: async () => (await import('./graph.ts')).graphCommand,
  init: async () => (await import('./init.ts')).initCommand,
  'metadata functions': async () => (await import('./metadata-functions.ts')).metadataFunctionsCommand,
  modules: async () => (await import('./modules.ts')).modulesCommand,
  login: async () => (await import('./logout.ts')).loginCommand,
  logout: async () => (await import('./logout.ts')).logoutCommand,
  output: async () => (await import('./output.ts')).outputCommand,
  plan: async () => (await import('./plan.ts')).planCommand,
  'provider package': async () => (await import('./provider-package.ts')).providerPackageCommand,
  'provider serve': async () => (await import('./provider-serve.ts')).providerServeCommand,
  providers: async () => (await import('./providers.ts')).providersCommand,
  'providers lock': async () => (await import('./providers-lock.ts')).providersLockCommand,
  'providers mirror': async () => (await import('./providers-mirror.ts')).providersMirrorCommand,
  'providers schema': async () => (await import('./providers-schema.ts')).providersSchemaCommand,
  refresh: async () => (await import('./refresh.ts')).refreshCommand,
  'sandbox reset': async () => (await import('./sandbox-reset.ts')).sandboxResetCommand,
  'sandbox serve': async () => (await import('./sandbox-serve.ts')).sandboxServeCommand,
  show: async () => (await import('./show.ts')).showCommand,
  'state list': async () => (await import('./state-list.ts')).stateListCommand,
  'state mv': async () => (await import('./state-mv.ts')).stateMvCommand,
  'state pull': async () => (await import('./state-pull.ts')).statePullCommand,
  'state push': async () => (await import('./state-push.ts')).statePushCommand,
  'state replace-provider': async () => (await import('./state-replace-provider.ts')).stateReplaceProviderCommand,
  'state rm': async () => (await import('./state-rm.ts')).stateRmCommand,
  'state show': async () => (await import('./state-show.ts')).stateShowCommand,
  taint: async () => (await import('./taint.ts')).taintCommand,
  untaint: async () => (await import('./taint.ts')).untaintCommand,
  test: async () => (await import('./test.ts')).testCommand,
  validate: async () => (await import('./validate.ts')).validateCommand,
  version: async () => (await import('./version.ts')).versionCommand,
  'workspace delete': async () => (await import('./workspace-delete.ts')).workspaceDeleteCommand,
  'workspace list': async () => (await import('./workspace-list.ts')).workspaceListCommand,
  'workspace new': async () => (await import('./workspace-new.ts')).workspaceNewCommand,
  'workspace select': async () => (await import('./workspace-new.ts')).workspaceSelectCommand,
  'workspace show': async () => (await import('./workspace-list.ts')).workspaceShowCommand,
}

/** First words of commands of two words. */
export const commandGroups: ReadonlySet<string> = new Set(['env', 'provider', 'sandbox', 'state', 'workspace', 'metadata', 'providers'])

/** Those of Landform's own, which it has under its own name only. */
export const operatorGroups: ReadonlySet<string> = new Set(['comment', 'compare', 'env', 'provider', 'sandbox'])

/** One line each, for the list of commands. */
export const summaries: readonly (readonly [title: string, commands: readonly (readonly [string, string])[]])[] = [
  [
    'Main commands:',
    [
      ['init', 'Prepare your working directory for other commands'],
      ['validate', 'Check whether the configuration is valid'],
      ['plan', 'Show changes required by the current configuration'],
      ['apply', 'Create or update infrastructure'],
      ['destroy', 'Destroy previously-created infrastructure'],
    ],
  ],
  [
    'All other commands:',
    [
      ['comment', 'Show plans as a comment on a pull request'],
      ['compare', 'Plan with another tool, too, and show the differences'],
      ['console', 'Try expressions at an interactive command prompt'],
      ['env', 'Plan and apply the environments of a repository'],
      ['fmt', 'Reformat your configuration in the standard style'],
      ['get', 'Install or upgrade remote modules'],
      ['force-unlock', 'Release a lock that a killed program left behind'],
      ['graph', 'Draw what depends on what'],
      ['import', 'Associate existing infrastructure with a resource'],
      ['metadata', 'Describe the functions of the language to other programs'],
      ['modules', 'Show the modules that the configuration calls'],
      ['login', 'Say how to hand over a token for a host'],
      ['logout', 'Remove the token that is stored for a host'],
      ['output', 'Show output values from your root module'],
      ['provider', 'Serve a provider to Terraform and OpenTofu, or package it for them'],
      ['providers', 'Show the providers required for this configuration'],
      ['refresh', 'Update the state to match remote systems'],
      ['sandbox', 'Serve an AWS emulator to any AWS client, or empty it'],
      ['show', 'Show the current state or a saved plan'],
      ['state', 'Advanced state management'],
      ['taint', 'Mark a resource instance as not fully functional'],
      ['untaint', "Remove the 'tainted' state from a resource instance"],
      ['test', 'Execute integration tests for modules'],
      ['version', 'Show the current version'],
      ['workspace', 'Workspace management'],
    ],
  ],
]
