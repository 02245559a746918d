import { summaries } from './commands.ts'
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

const helps: Readonly<Record<string, Help>> = {
  init: {
    usage: 'init [options]',
    about:
      'Prepares the working directory: records the backend, installs the modules and checks for the providers of its configuration. It is safe to run it again at any time.',
    options: [
      ['-backend=false', 'Leave the backend alone.'],
      ['-get=false', 'Leave the modules alone.'],
      input,
      json,
      ['-migrate-state', 'Move existing states to a changed backend.'],
      ['-reconfigure', 'Use a changed backend and leave existing states where they are.'],
      ['-upgrade', 'Look for newer versions of modules and providers.'],
      lock,
      lockTimeout,
      noColour,
    ],
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
  output: {
    usage: 'output [options] [NAME]',
    about: 'Prints the output values of the root module from the state, or one of them.',
    options: [json, ['-raw', 'Print a string, number or bool as it is, without quotes and newline.'], statePath, noColour],
  },
  providers: { usage: 'providers', about: 'Prints which module and which part of the state needs which provider.', options: [] },
  version: { usage: 'version [options]', about: 'Prints the version.', options: [['-json', 'Print it as JSON.']] },
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

/** The help of a command, or of all of them. */
export function helpText(command: string, dialect: Dialect): string {
  const help = helps[command]
  if (help === undefined) return overview(command, dialect)
  const width = Math.max(0, ...help.options.map(([option]) => option.length))
  const options = help.options.map(([option, meaning]) => `  ${option.padEnd(width)}  ${meaning}\n`).join('')
  return `Usage: ${dialect.command} [global options] ${help.usage}\n\n  ${help.about}\n${options === '' ? '' : `\nOptions:\n\n${options}`}`
}

function overview(group: string, dialect: Dialect): string {
  if (group === 'state') {
    return `Usage: ${dialect.command} [global options] state <subcommand> [options] [args]\n\n  Looks into the state and changes it.\n\nSubcommands:\n    list    List resources in the state\n    rm      Remove instances from the state\n    show    Show a resource in the state\n`
  }
  let text = `Usage: ${dialect.command} [global options] <subcommand> [args]\n\nThe available commands for execution are listed below.\nThe primary workflow commands are given first, followed by\nless common or more advanced commands.\n`
  for (const [title, list] of summaries) {
    text += `\n${title}\n${list.map(([name, about]) => `  ${name.padEnd(12)}  ${about}\n`).join('')}`
  }
  return `${text}\nGlobal options (use these before the subcommand, if any):\n  -chdir=DIR    Switch to a different working directory before executing the\n                given subcommand.\n  -help         Show this help output, or the help for a specified subcommand.\n  -version      An alias for the "version" subcommand.\n`
}
