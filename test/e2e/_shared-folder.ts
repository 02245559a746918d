import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Outcome, Workspace } from './_cli.ts'
import { aws, fixtures, ServedSandbox, terraformWithAws } from './_sandbox.ts'

/** A fixture in a folder that real terraform and Landform take turns in, and a sandbox of its own. */
export class SharedFolder {
  readonly #workspace: Workspace
  readonly #sandbox: ServedSandbox
  readonly #environment: Readonly<Record<string, string>>

  private constructor(fixture: string, sandbox: ServedSandbox) {
    this.#sandbox = sandbox
    this.#workspace = new Workspace({})
    cpSync(join(fixtures, fixture), this.#workspace.dir, { recursive: true })
    const { mirror } = terraformWithAws!
    this.#workspace.write({ '.terraformrc': `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n` })
    this.#environment = {
      ...sandbox.environment(),
      TF_CLI_CONFIG_FILE: join(this.#workspace.dir, '.terraformrc'),
      LANDFORM_BUILTIN_PROVIDERS: 'aws',
      TF_IN_AUTOMATION: '1',
      NO_COLOR: '1',
    }
  }

  static async start(fixture: string): Promise<SharedFolder> {
    return new SharedFolder(fixture, await ServedSandbox.start())
  }

  /** @throws Error with all output when the command fails */
  run(tool: 'terraform' | 'landform', ...args: readonly string[]): Outcome {
    const env = { env: this.#environment }
    const outcome =
      tool === 'landform' ? this.#workspace.run(args, env) : this.#workspace.runProgram(terraformWithAws!.terraform, args, env)
    // A plan with changes ends with 2 where the exit code is to tell.
    const isPlan = args.includes('-detailed-exitcode')
    if (outcome.code !== 0 && !(isPlan && outcome.code === 2))
      throw new Error(`${tool} ${args.join(' ')} ended with ${outcome.code}:\n${outcome.stdout}${outcome.stderr}`)
    return outcome
  }

  /** What the `aws` command answers in a region. */
  aws<T>(region: string, ...args: string[]): T | string {
    return aws<T>(this.#sandbox.environment('123456789012', region), ...args)
  }

  /** The stored attributes and what is kept beside them, by address. */
  objects(): Readonly<Record<string, unknown>> {
    const state = JSON.parse(readFileSync(join(this.#workspace.dir, 'terraform.tfstate'), 'utf8')) as {
      resources: {
        type: string
        name: string
        instances: { index_key?: string; attributes: object; private?: string; schema_version: number }[]
      }[]
    }
    return Object.fromEntries(
      state.resources.flatMap(({ type, name, instances }) =>
        instances.map(({ index_key: key, attributes, private: kept, schema_version: version }) => [
          `${type}.${name}${key === undefined ? '' : `["${key}"]`}`,
          { attributes, version, private: kept === undefined ? null : Buffer.from(kept, 'base64').toString() },
        ]),
      ),
    )
  }

  async close(): Promise<void> {
    this.#workspace.remove()
    await this.#sandbox.stop()
    this.#sandbox.workspace.remove()
  }
}
