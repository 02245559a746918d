import { isTerraformItself } from './arguments/flags.ts'
import { operatorGroups, summaries } from './commands.ts'
import type { Dialect } from './views/dialect.ts'

interface Help {
  readonly usage: string
  readonly about: string
  readonly options: readonly (readonly [option: string, meaning: string])[]
}

const noColour = ['-no-color', 'Print without colours and boxes.'] as const
const compact = ['-compact-warnings', 'Print warnings as one line each, if there are no errors.'] as const
const json = ['-json', 'Print JSON for programs instead of text for people.'] as const
const input = ['-input=false', 'Never ask for input.'] as const
const lock = ['-lock=false', 'Do not lock the state. Dangerous if others may work on it at the same time.'] as const
const lockTimeout = ['-lock-timeout=0s', 'How long to try again while somebody else holds the lock.'] as const
const variables = [
  ['-var NAME=VALUE', 'Set an input variable of the root module. May be repeated.'],
  ['-var-file=FILE', 'Read values of input variables from a file. May be repeated.'],
] as const
const planning = [
  ['-destroy', 'Plan to destroy everything that is managed here.'],
  ['-refresh-only', 'Only bring the state up to date with the real objects.'],
  ['-refresh=false', 'Do not look at the real objects first.'],
  ['-replace=ADDRESS', 'Replace this resource instance. May be repeated.'],
  ['-target=ADDRESS', 'Only this module, resource or instance and what it depends on. May be repeated.'],
  ...variables,
] as const
const parallelism = ['-parallelism=10', 'How many operations may run at once.'] as const
const statePath = ['-state=PATH', 'The state file to use.'] as const
const allowMissing = ['-allow-missing', 'Succeed even if there is no such instance.'] as const
const stateChange = [
  ['-backup=PATH', 'Where the previous state is kept; "-" for nowhere.'],
  ['-state-out=PATH', 'Where the new state is written, if not to the old place.'],
  lock,
  lockTimeout,
  statePath,
] as const

const common = [
  ['-concise', 'Tell nothing of the progress.'],
  ['-consolidate-errors', 'Tell similar errors once.'],
  ['-consolidate-warnings=false', 'Tell each of several similar warnings.'],
  ['-deprecation=module:all', 'Whose warnings about what is deprecated are told: all, local or none.'],
] as const
const jsonInto = ['-json-into=FILE', 'Write into this file what -json would print, and print for people as well.'] as const
const showSensitive = ['-show-sensitive', 'Show values that are sensitive, too.'] as const
const planningBeyond = [
  ['-exclude=ADDRESS', 'All but this module, resource or instance and what depends on it. May be repeated.'],
  ['-exclude-file=FILE', 'Exclude the addresses of this file, one on each line. May be repeated.'],
  ['-target-file=FILE', 'Target the addresses of this file, one on each line. May be repeated.'],
  ...common,
  jsonInto,
  showSensitive,
] as const
const suppressForgetErrors = ['-suppress-forget-errors', 'Objects that stay behind are no error of a destruction.'] as const

/** Options that OpenTofu has and Terraform does not. */
const beyondTerraform: Readonly<Record<string, Help['options']>> = {
  apply: [...planningBeyond, suppressForgetErrors],
  destroy: [...planningBeyond, suppressForgetErrors],
  init: [jsonInto],
  output: [jsonInto, showSensitive],
  plan: planningBeyond,
  refresh: [...common, jsonInto, showSensitive],
  show: [
    ['-state', 'Show the current state, as without options.'],
    ['-plan=FILE', 'Show this saved plan.'],
    ['-config', 'Show the whole configuration, as JSON.'],
    ['-module=DIR', 'Show the configuration of the module in this folder, as JSON; nothing has to be installed.'],
    ...variables,
    jsonInto,
    showSensitive,
  ],
  'state show': [showSensitive],
  test: [jsonInto],
  validate: [...common, jsonInto],
}

const accountOptions = [
  ['-email=ADDRESS', "Of the account's root user; no other account of AWS may have it."],
  ['-unit=environments', 'The unit of the organization that the account ends up in.'],
  ['-repository=OWNER/NAME', 'On GitHub, whose workflows may plan and apply; as a rule that of the clone.'],
  ['-region=REGION', 'Where its environment is; as a rule where the hub is.'],
  ['-adopt', 'Make the account that people log in to, in an organization that has nothing yet.'],
  noColour,
] as const

const helps: Readonly<Record<string, Help>> = {
  init: {
    usage: 'init [options]',
    about:
      'Prepares the working directory: records the backend, installs the modules and providers of its configuration and locks their versions. It is safe to run it again at any time.',
    options: [
      ['-backend=false', 'Leave the backend alone.'],
      ['-from-module=SOURCE', 'Copy this module into the working directory first, which must be empty.'],
      ['-get=false', 'Leave the modules alone.'],
      input,
      json,
      ['-lockfile=readonly', 'Fail when the lock file would change.'],
      ['-plugin-dir=DIR', 'Take providers from this folder alone, now and later. May be repeated.'],
      ['-migrate-state', 'Move existing states to a changed backend.'],
      ['-reconfigure', 'Use a changed backend and leave existing states where they are.'],
      ['-upgrade', 'Look for newer versions of modules and providers.'],
      lock,
      lockTimeout,
      noColour,
    ],
  },
  get: {
    usage: 'get [options]',
    about: 'Installs the modules of the configuration, as "init" does.',
    options: [
      ['-update', 'Fetch modules that are installed already as well, in the newest versions that are allowed.'],
      ...variables,
      noColour,
    ],
  },
  'providers lock': {
    usage: 'providers lock [options] [PROVIDERS...]',
    about:
      'Completes the lock file with checksums for other platforms, from the registries that the providers come from. Packages are fetched, hashed and thrown away.',
    options: [
      ['-platform=OS_ARCH', 'A platform to add checksums for, such as linux_amd64. May be repeated; default: this one.'],
      ['-fs-mirror=DIR', 'Ask this folder of packages instead of the registries.'],
      ['-net-mirror=URL', 'Ask this network mirror instead of the registries.'],
      noColour,
    ],
  },
  'providers mirror': {
    usage: 'providers mirror [options] DIR',
    about:
      'Copies the packages of the providers that are needed from their registries into a folder, which then serves as a filesystem mirror or, once published, as a network mirror.',
    options: [
      ['-platform=OS_ARCH', 'A platform to fetch packages for. May be repeated; default: this one.'],
      ['-lock-file=false', 'Do not let the lock file choose the versions.'],
      noColour,
    ],
  },
  'providers schema': {
    usage: 'providers schema -json',
    about: 'Prints the schemas of all providers that configuration and state need, for programs.',
    options: [['-json', 'Required.'], ...variables, noColour],
  },
  validate: {
    usage: 'validate [options]',
    about: 'Checks the configuration of the working directory without looking at state or real objects.',
    options: [json, noColour],
  },
  plan: {
    usage: 'plan [options]',
    about: 'Shows what would have to be done to bring the real objects into line with the configuration, and does none of it.',
    options: [
      ...planning,
      ['-out=FILE', 'Save the plan, to be given to "apply".'],
      ['-detailed-exitcode', 'Exit with 0 for an empty plan, 1 for an error, 2 for changes.'],
      compact,
      input,
      json,
      lock,
      lockTimeout,
      noColour,
      parallelism,
      statePath,
    ],
  },
  apply: {
    usage: 'apply [options] [PLAN]',
    about: 'Plans and, after a question, does it; or does exactly what a saved plan says.',
    options: [
      ...planning,
      ['-approve=ADDRESS', 'Agree to a change that landform.json protects. May be given several times.'],
      ['-auto-approve', 'Do not ask.'],
      ['-backup=PATH', 'Where the previous state is kept; "-" for nowhere.'],
      ['-state-out=PATH', 'Where the new state is written, if not to the old place.'],
      compact,
      input,
      json,
      lock,
      lockTimeout,
      noColour,
      parallelism,
      statePath,
    ],
  },
  destroy: {
    usage: 'destroy [options]',
    about: 'Destroys everything that is managed here: the same as "apply -destroy".',
    options: [
      ['-approve=ADDRESS', 'Agree to a change that landform.json protects. May be given several times.'],
      ['-auto-approve', 'Do not ask.'],
      ...planning.slice(2),
      compact,
      input,
      json,
      lock,
      lockTimeout,
      noColour,
      parallelism,
      statePath,
    ],
  },
  show: {
    usage: 'show [options] [FILE]',
    about: 'Prints the current state, or the state file or saved plan of this path.',
    options: [json, noColour],
  },
  console: {
    usage: 'console [options]',
    about:
      'Evaluates expressions that are typed or piped in, one result for each. Resources are worth what the current state says; nothing is changed.',
    options: [statePath, ...variables, noColour],
  },
  fmt: {
    usage: 'fmt [options] [TARGET...]',
    about:
      'Rewrites configuration, variables and test files in native syntax (.tf, .tofu, .tfvars, .tftest.hcl and others) in canonical layout: those of the given folders and files, or of the working directory; "-" reads the standard input and prints.',
    options: [
      ['-check', 'Write nothing; exit with 3 when something is not formatted.'],
      ['-diff', 'Print what changes.'],
      ['-list=false', 'Do not print the names of the files that change.'],
      ['-recursive', 'Also the folders below.'],
      ['-write=false', 'Write nothing.'],
      noColour,
    ],
  },
  graph: {
    usage: 'graph [options]',
    about:
      'Draws what depends on what in the DOT language of Graphviz: the resources of the configuration, or with -type everything that is evaluated.',
    options: [
      ['-type=TYPE', 'What is evaluated to do something: plan, plan-refresh-only, plan-destroy or apply.'],
      ['-plan=PATH', 'What a saved plan does; implies -type=apply.'],
      ['-format=mermaid', 'As a Mermaid flowchart instead.'],
      ['-draw-cycles', 'Accepted for compatibility: cycles are reported as errors, with their members.'],
      ...variables,
      noColour,
    ],
  },
  'metadata functions': {
    usage: 'metadata functions -json',
    about: 'Prints the functions of the language with their parameters and types as JSON, for editors and other programs.',
    options: [['-json', 'Required.'], noColour],
  },
  modules: {
    usage: 'modules [options]',
    about: 'Lists the modules that the configuration calls, with their sources and versions.',
    options: [json, ...variables, noColour],
  },
  output: {
    usage: 'output [options] [NAME]',
    about: 'Prints the output values of the root module from the state, or one of them.',
    options: [json, ['-raw', 'Print a string, number or bool as it is, without quotes and newline.'], statePath, noColour],
  },
  compare: {
    usage: 'compare [options] [DIR]',
    about:
      'Plans a folder with Landform and with another tool and shows where the plans differ and how much CPU each took. Nothing is written and no lock is taken. Leaves with status 0 when the plans are the same, 2 when they differ and 1 when there is nothing to compare.',
    options: [
      ['-with=terraform', 'The other tool: terraform, tofu, or a path.'],
      json,
      ['-destroy', 'Compare plans of destruction.'],
      ['-refresh=false', 'Do not look at the real objects first.'],
      ['-target=ADDRESS', 'Only this module, resource or instance and what it depends on. May be repeated.'],
      ...variables,
      noColour,
    ],
  },
  login: {
    usage: 'login [HOST]',
    about: 'Says how to hand over a token for a host: Landform does not ask for tokens. Those that terraform login has stored are used.',
    options: [noColour],
  },
  logout: {
    usage: 'logout [HOST]',
    about: 'Removes the token that is stored for a host; app.terraform.io when none is named.',
    options: [noColour],
  },
  test: {
    usage: 'test [options]',
    about:
      'Runs the test files (*.tftest.hcl, *.tftest.json, *.tofutest.hcl) of this folder and of its folder for tests: each plans or applies a module with given values and says what has to hold afterwards. What was created is destroyed again. Leaves with status 1 when a run fails.',
    options: [
      ['-filter=FILE', 'Only this test file. May be repeated.'],
      ['-test-directory=tests', 'The folder for tests.'],
      ['-verbose', 'Print the plan or the state of each run.'],
      json,
      ['-junit-xml=FILE', 'Write the results as JUnit XML, too.'],
      parallelism,
      ['-run-parallelism=10', 'How many runs may go on at once, where test files allow it.'],
      ...variables,
      noColour,
    ],
  },
  providers: { usage: 'providers', about: 'Prints which module and which part of the state needs which provider.', options: [] },
  version: { usage: 'version [options]', about: 'Prints the version.', options: [['-json', 'Print it as JSON.']] },
  'account close': {
    usage: 'account close NAME -email=ADDRESS',
    about:
      'Closes an AWS account of the organization in which nothing is left. Needs its e-mail address on the command line and its number at the terminal, where there is none YES=1. AWS keeps a closed account for 90 days.',
    options: [['-email=ADDRESS', "Of the account's root user, to agree that it is this one."], noColour],
  },
  'account create': {
    usage: 'account create NAME -email=ADDRESS [options]',
    about:
      'Makes a new AWS account of the organization ready: the account itself, roles, guard rails in every region, trust in the workflows of a repository, its entry in environments/accounts.ts and an environment. May be ended at any time; "account resume" goes on. Doing it again changes nothing.',
    options: accountOptions,
  },
  'account list': {
    usage: 'account list',
    about: 'Lists the accounts of environments/accounts.ts and those that are being made.',
    options: [noColour],
  },
  'account plan': {
    usage: 'account plan NAME -email=ADDRESS [options]',
    about: 'Lists the calls that "account create" would make. Changes nothing.',
    options: accountOptions,
  },
  'account resume': {
    usage: 'account resume NAME',
    about: 'Goes on with making an account where an earlier run ended.',
    options: [['-adopt', 'Of the account for people, whose journal is kept in .landform/accounts.'], noColour],
  },
  'account status': {
    usage: 'account status NAME',
    about: 'Shows which steps of making an account are done, and what went wrong last.',
    options: [['-adopt', 'Of the account for people, whose journal is kept in .landform/accounts.'], noColour],
  },
  comment: {
    usage: 'comment [options]',
    about:
      'Shows plans as one comment on a pull request of GitHub, which is edited in place from run to run: those of the last "env plan", or the given ones. Secrets are left out. The token is taken from GITHUB_TOKEN, the repository from GITHUB_REPOSITORY.',
    options: [
      ['-pr=N', 'The pull request; in a workflow for pull requests it is known.'],
      ['-plan-json=[ENV[/STACK]=]FILE', 'A plan as "show -json" of any tool writes it; may be given more than once.'],
      ['-report=FILE', 'What "env plan -report=FILE" wrote; may be given more than once.'],
      ['-file=PATH', 'Write everything to a file instead; "-" for the standard output.'],
      ['-artefact=DIR', 'Write everything, the report and the plans without their secrets to a folder.'],
      ['-check', 'Make a check run with annotations; as a rule in workflows of GitHub.'],
      ['-check-name=landform plan', 'What the check run is called.'],
      ['-summary', 'Write to the summary of the job; as a rule where GitHub has one.'],
      ['-id=plan', 'Tells several comments of one pull request apart.'],
      ['-run=N', 'Greater for later runs; the run of the workflow, or else the clock.'],
      ['-run-url=URL', 'Where the log of the run is.'],
      ['-simulated', 'Say that the plan was made without credentials in a sandbox.'],
      ['-max-parts=4', 'In how many parts a comment may be divided before the rest goes to the check run.'],
      ['-repo=OWNER/NAME', 'The repository.'],
      ['-api-url=URL', 'The API of GitHub Enterprise, such as https://github.example.com/api/v3.'],
      ['-token-file=PATH', 'A file that holds the token.'],
      noColour,
    ],
  },
  'env plan': {
    usage: 'env plan [options] NAME',
    about:
      'Plans the environment of this name, several with commas between them, "all", or those that a change affects ("affected"), as one set: each stack sees what the others are planned to be. Shows what would be done and keeps the plans for "env apply". No state is locked.',
    options: [
      ['-base=REF', 'What "affected" compares with, such as origin/main; BASE in the environment says it as well.'],
      ['-report=FILE', 'Write what was planned, without secrets, for "comment".'],
      ['-reviewed=FILE', 'Fail unless what is planned is what this report says.'],
      ['-snapshot=DIR', 'Simulate in a sandbox that begins with these states, without credentials.'],
      ['-refresh=false', 'Do not look at the real objects first.'],
      parallelism,
      noColour,
    ],
  },
  'env apply': {
    usage: 'env apply [options] NAME',
    about:
      'Does exactly what the saved plans say, stack by stack, and goes on where an earlier run failed. It asks first; where there is no terminal, YES=1 in the environment is the answer. Protected changes need a yes of their own.',
    options: [
      ['-approve=ADDRESS', 'Agree to the protected change of this object; may be given more than once.'],
      ['-review', 'Take the approval of this run of a workflow of GitHub for the yes to protected changes.'],
      ['-report=FILE', 'Write what was done, without secrets, for "comment".'],
      lockTimeout,
      parallelism,
      noColour,
    ],
  },
  'env destroy': {
    usage: 'env destroy [options] NAME',
    about: 'Destroys everything of the environment after showing it and asking, or with YES=1; of several stacks the last one first.',
    options: [
      ['-approve=ADDRESS', 'Agree to the destruction of this protected object; may be given more than once.'],
      ['-review', 'Take the approval of this run of a workflow of GitHub for the yes to protected changes.'],
      ['-refresh=false', 'Do not look at the real objects first.'],
      lockTimeout,
      parallelism,
      noColour,
    ],
  },
  'env drift': {
    usage: 'env drift [options] NAME',
    about:
      'Looks at the real objects of the environment and says what is different from what was applied last: gone, changed, relevant to security. Changes and stores nothing. Exits with 0 for none, 1 for an error, 2 for drift.',
    options: [
      ['-json', 'Print it as JSON.'],
      ['-issue', 'Keep one issue of GitHub per stack up to date, and close it when nothing is different.'],
      parallelism,
      noColour,
    ],
  },
  'env snapshot': {
    usage: 'env snapshot -out=DIR NAME',
    about: 'Writes the states of the environment without their secrets, for simulated plans of those who may not see them.',
    options: [['-out=DIR', 'The folder to write to.'], noColour],
  },
  'env init': {
    usage: 'env init [options] NAME',
    about:
      'Chooses and installs the plugins that serve the providers of the environment, and records the choice in .terraform.lock.hcl beside the Makefile, which all environments share. Where that file is there already, the other commands install by it themselves.',
    options: [['-upgrade', 'Choose newer versions.'], noColour],
  },
  'env list': { usage: 'env list', about: 'Lists the environments with their accounts.', options: [noColour] },
  'env state': {
    usage: 'env state [options]',
    about:
      'Creates the store that keeps the states of the environments, with the credentials one has. It is safe to run it again. The sandbox has its store from the start.',
    options: [lockTimeout, parallelism, noColour],
  },
  'env synth': {
    usage: 'env synth [options] NAME',
    about: 'Writes the configuration of the environment to .landform/synth/NAME/cdk.tf.json, which Terraform reads as well.',
    options: [noColour],
  },
  'env unlock': {
    usage: 'env unlock NAME LOCK_ID',
    about: 'Takes away the lock of an environment that a program left behind. The message about the lock tells its id.',
    options: [noColour],
  },
  'provider package': {
    usage: 'provider package [options] NAME|FILE',
    about:
      'Writes a provider into a filesystem mirror, from which terraform, tofu and landform install it like any other: a built-in one such as aws, or that of a JavaScript or TypeScript file.',
    options: [
      ['-dir=PATH', 'The folder of the mirror.'],
      ['-release=VERSION', 'The version; of a built-in provider one that it follows.'],
      noColour,
    ],
  },
  'provider serve': {
    usage: 'provider serve [options] NAME|FILE',
    about:
      'Is a provider plugin, as terraform, tofu and landform start one: a built-in provider such as aws, or that of a JavaScript or TypeScript file. What "provider package" writes runs it.',
    options: [
      ['-debug', 'Serve hosts that attach to it by TF_REATTACH_PROVIDERS, which is printed, until Ctrl-C.'],
      ['-protocol=6', 'Speak this version of the plugin protocol only, 5 or 6.'],
      ['-release=VERSION', 'The version; of a built-in provider one that it follows.'],
      noColour,
    ],
  },
  'sandbox reset': {
    usage: 'sandbox reset [options]',
    about: 'Removes everything that was made in the sandbox. Its accounts begin anew at the next use.',
    options: [['-dir=PATH', 'The folder of the sandbox, if not that of this repository.'], noColour],
  },
  'sandbox serve': {
    usage: 'sandbox serve [options]',
    about:
      'Serves the sandbox, an AWS emulator, to any AWS client until it is interrupted, and prints how to use it. In a repository with environments it is the sandbox that they are planned and applied in.',
    options: [
      ['-fallback=URL', 'Another emulator, which answers what the sandbox does not implement.'],
      ['-dir=PATH', 'Keep its state in this folder, with one account of its own.'],
      ['-port=4577', 'Where to listen; 0 for any free port.'],
      ['-host=127.0.0.1', 'The address to listen on.'],
      ['-iam=open', 'Let every key do everything in its account; "enforce" lets IAM decide.'],
      ['-delays=0', 'How long things take compared with AWS: 1 is as slow as AWS.'],
      ['-latency=0', 'How long each call is on its way, in milliseconds.'],
      ['-seed=TEXT', 'Give the same ids again for the same calls, in a new folder.'],
      ['-log', 'Print every call.'],
      noColour,
    ],
  },
  'state list': {
    usage: 'state list [options] [ADDRESS...]',
    about: 'Lists the resource instances in the state, or those below the given addresses.',
    options: [['-id=ID', 'Only instances whose attribute "id" is this.'], statePath],
  },
  'state show': {
    usage: 'state show [options] ADDRESS',
    about: 'Prints the attributes of one resource instance in the state.',
    options: [statePath],
  },
  'state mv': {
    usage: 'state mv [options] SOURCE DESTINATION',
    about:
      'Gives what is recorded under the address of a module, a resource or an instance another address, here or in another state file. The real objects are left alone. A copy of each state that changes is kept.',
    options: [
      ['-dry-run', 'Only print what would be moved.'],
      ['-backup=PATH', 'Where the copy of the state is kept.'],
      ['-backup-out=PATH', 'Where the copy of the other state is kept.'],
      ['-state-out=PATH', 'The state file to move to.'],
      lock,
      lockTimeout,
      statePath,
    ],
  },
  'state pull': { usage: 'state pull', about: 'Prints the state of the current workspace as it would be stored today.', options: [] },
  'state push': {
    usage: 'state push [options] PATH',
    about:
      'Puts the snapshot in a file, or in the standard input for "-", in the place of the current one. A snapshot of another history or an older one is refused.',
    options: [['-force', 'Replace whatever is there.'], lock, lockTimeout],
  },
  'state replace-provider': {
    usage: 'state replace-provider [options] FROM TO',
    about: 'Gives the resources of one provider to another one, by source addresses such as "hashicorp/aws". A copy of the state is kept.',
    options: [['-auto-approve', 'Do not ask.'], ['-backup=PATH', 'Where the copy of the state is kept.'], lock, lockTimeout, statePath],
  },
  import: {
    usage: 'import [options] ADDRESS ID',
    about:
      'Brings an existing object under the address of a resource instance that is configured already. What the id is, the documentation of the resource type says. An import block does the same as a part of a plan.',
    options: [['-config=DIR', 'The folder of the configuration, if not this one.'], input, ...stateChange, ...variables, noColour],
  },
  refresh: {
    usage: 'refresh [options]',
    about: 'Brings the state up to date with the real objects without asking. "apply -refresh-only" does the same and shows it first.',
    options: [
      compact,
      input,
      json,
      parallelism,
      ['-target=ADDRESS', 'Only this and what it depends on. May be repeated.'],
      ...stateChange,
      ...variables,
      noColour,
    ],
  },
  taint: {
    usage: 'taint [options] ADDRESS',
    about:
      'Marks a resource instance as not fully functional: the next plan replaces it. To replace one without changing the state first, plan with -replace=ADDRESS.',
    options: [allowMissing, ...stateChange],
  },
  untaint: {
    usage: 'untaint [options] ADDRESS',
    about: 'Takes the mark off a resource instance that made plans replace it.',
    options: [allowMissing, ...stateChange],
  },
  'force-unlock': {
    usage: 'force-unlock [options] LOCK_ID',
    about:
      'Releases the lock with this id, which the message about the lock tells. Make sure that nobody is working on the state any more.',
    options: [['-force', 'Do not ask.']],
  },
  'workspace list': { usage: 'workspace list', about: 'Lists the workspaces; the current one has a star.', options: [] },
  'workspace show': { usage: 'workspace show', about: 'Prints the name of the current workspace.', options: [] },
  'workspace new': {
    usage: 'workspace new [options] NAME',
    about: 'Creates a workspace, which has a state of its own, and makes it the current one.',
    options: [['-state=PATH', 'Begin with a copy of this state file.'], lock, lockTimeout],
  },
  'workspace select': {
    usage: 'workspace select [options] NAME',
    about: 'Makes a workspace the current one.',
    options: [['-or-create', 'Create it when there is none of this name.']],
  },
  'workspace delete': {
    usage: 'workspace delete [options] NAME',
    about: 'Removes a workspace with its state, if that tracks no objects any more.',
    options: [['-force', 'Also forget objects that still exist.'], lock, lockTimeout],
  },
  'state rm': {
    usage: 'state rm [options] ADDRESS...',
    about: 'Makes the state forget modules, resources or instances without destroying anything.',
    options: [
      ['-dry-run', 'Only print what would be removed.'],
      ['-backup=PATH', 'Where the previous state is kept.'],
      lock,
      lockTimeout,
      statePath,
    ],
  },
}

interface Group {
  readonly about: string
  readonly subcommands: readonly (readonly [name: string, meaning: string])[]
}

/** Commands that only stand before others. */
export const groups: Readonly<Record<string, Group>> = {
  env: {
    about: 'Plans and applies the environments of this repository, one stack for each account.',
    subcommands: [
      ['apply', 'Do exactly what the saved plan says'],
      ['destroy', 'Destroy everything of an environment'],
      ['list', 'List the environments and their accounts'],
      ['plan', 'Show what has to be done and save it as a plan'],
      ['state', 'Create the store of the states on AWS'],
      ['synth', 'Write the configuration as JSON'],
      ['unlock', 'Take away a lock that was left behind'],
    ],
  },
  metadata: {
    about: 'Describes the functions of the language to other programs.',
    subcommands: [['functions', 'Describe the functions of the language']],
  },
  provider: {
    about: 'Serves providers of Landform to other programs.',
    subcommands: [
      ['package', 'Write a provider into a filesystem mirror'],
      ['serve', 'Be a provider plugin'],
    ],
  },
  sandbox: {
    about: 'An AWS emulator in this process or for any AWS client.',
    subcommands: [
      ['reset', 'Remove everything that was made in the sandbox'],
      ['serve', 'Serve the sandbox to any AWS client'],
    ],
  },
  state: {
    about: 'Looks into the state and changes it.',
    subcommands: [
      ['list', 'List resources in the state'],
      ['mv', 'Move an item in the state'],
      ['pull', 'Pull current state and output to stdout'],
      ['push', 'Update remote state from a local state file'],
      ['replace-provider', 'Replace provider in the state'],
      ['rm', 'Remove instances from the state'],
      ['show', 'Show a resource in the state'],
    ],
  },
  workspace: {
    about: 'Several states for one configuration.',
    subcommands: [
      ['delete', 'Delete a workspace'],
      ['list', 'List workspaces'],
      ['new', 'Create a new workspace'],
      ['select', 'Select a workspace'],
      ['show', 'Show the name of the current workspace'],
    ],
  },
}

/** The help of a command, or of all of them. */
export function helpText(command: string, dialect: Dialect): string {
  const help = helps[command]
  if (help === undefined) return overview(command, dialect)
  const more = isTerraformItself(dialect) ? [] : (beyondTerraform[command] ?? [])
  const all = [...help.options, ...more].filter(([option]) => dialect.isOwn || !option.startsWith('-approve='))
  const width = Math.max(0, ...all.map(([option]) => option.length))
  const options = all.map(([option, meaning]) => `  ${option.padEnd(width)}  ${meaning}\n`).join('')
  return `Usage: ${dialect.command} [global options] ${help.usage}\n\n  ${help.about}\n${options === '' ? '' : `\nOptions:\n\n${options}`}`
}

function overview(group: string, dialect: Dialect): string {
  if (Object.hasOwn(groups, group)) {
    const { about, subcommands } = groups[group]!
    const width = Math.max(8, ...subcommands.map(([name]) => name.length + 2))
    const list = subcommands.map(([name, meaning]) => `    ${name.padEnd(width)}${meaning}\n`).join('')
    return `Usage: ${dialect.command} [global options] ${group} <subcommand> [options] [args]\n\n  ${about}\n\nSubcommands:\n${list}`
  }
  let text = `Usage: ${dialect.command} [global options] <subcommand> [args]\n\nThe available commands for execution are listed below.\nThe primary workflow commands are given first, followed by\nless common or more advanced commands.\n`
  // Started as another tool it has that tool's commands alone.
  const isOther = dialect.command === 'terraform' || dialect.command === 'tofu'
  for (const [title, all] of summaries) {
    const list = isOther ? all.filter(([name]) => !operatorGroups.has(name)) : all
    text += `\n${title}\n${list.map(([name, about]) => `  ${name.padEnd(12)}  ${about}\n`).join('')}`
  }
  return `${text}\nGlobal options (use these before the subcommand, if any):\n  -chdir=DIR    Switch to a different working directory before executing the\n                given subcommand.\n  -help         Show this help output, or the help for a specified subcommand.\n  -version      An alias for the "version" subcommand.\n`
}
