import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Diagnostics } from '../diags/index.ts'
import { configDirs, normalHost, readCliConfig } from '../registry/index.ts'
import { parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'

const defaultHostname = 'app.terraform.io'

/** Removes the token that `terraform login` has stored for a host. */
export async function logoutCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, viewFlags, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  const [given = defaultHostname, ...more] = parsed.positional
  if (more.length > 0) diags.error('Too many command line arguments', 'Expected at most one argument: the host to log out of.')
  const host = normalHost(given)
  if (host === undefined) diags.error('Invalid hostname', `The given hostname ${JSON.stringify(given)} is not valid.`)
  if (diags.hasErrors || host === undefined) return failUsage(view, diags.items, 'logout')
  const path = credentialsFile(context)
  const stored = readStored(path)
  if (!Object.hasOwn(stored?.credentials ?? {}, host)) {
    if (!readCliConfig(context.environment, context.dialect.kind).credentials.has(host)) {
      view.print(`No credentials for ${host} are stored.\n\n`)
      return 0
    }
    const { product, command } = context.dialect
    diags.error(
      `Credentials for ${host} are manually configured`,
      `The "${command} logout" command cannot log out because credentials for this host are manually configured in a CLI configuration file.\n\nTo log out, revoke the existing credentials and remove that block from the ${product} CLI configuration.`,
    )
    return finish(view, diags.items)
  }
  view.print(`Removing the stored credentials for ${host} from the following file:\n    ${path}\n`)
  const { [host]: _, ...others } = stored!.credentials!
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify({ ...stored, credentials: others }, undefined, 2)}\n`, { mode: 0o600 })
  const title = view.palette.green(view.palette.bold('Success!'))
  view.print(`\n${title} ${context.dialect.product} has removed the stored API token for ${host}.\n\n`)
  return 0
}

/** Where tokens are stored by `login`; the last place is the one that is written. */
function credentialsFile(context: CommandContext): string {
  return join(configDirs(context.environment, context.dialect.kind).at(-1)!, 'credentials.tfrc.json')
}

function readStored(path: string): { readonly credentials?: Readonly<Record<string, unknown>> } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { credentials?: Record<string, unknown> }
  } catch {
    return undefined
  }
}

/** Tokens are not asked for: how to give one is said instead. */
export async function loginCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, viewFlags, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  const [given = defaultHostname, ...more] = parsed.positional
  if (more.length > 0) diags.error('Too many command line arguments', 'Expected at most one argument: the host to log in to.')
  const host = normalHost(given)
  if (host === undefined) diags.error('Invalid hostname', `The given hostname ${JSON.stringify(given)} is not valid.`)
  if (diags.hasErrors || host === undefined) return failUsage(view, diags.items, 'login')
  const variable = `TF_TOKEN_${host.replaceAll('-', '__').replaceAll('.', '_')}`
  diags.error(
    'Login is not supported',
    `Landform does not ask for tokens. Make one for ${host} in its web interface, and hand it over in the environment:\n    export ${variable}=...\n\nor in the CLI configuration file, ~/.terraformrc:\n    credentials "${host}" {\n      token = "..."\n    }\n\nA token that "terraform login" has stored is used as it is.`,
  )
  return finish(view, diags.items)
}
