import { type ChildProcess, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt, type Outcome, terraform, Workspace } from './_cli.ts'

const mirror = process.env.LANDFORM_PEER_MIRROR
/** A real terraform with a mirror of the real AWS provider. */
export const terraformWithAws = terraform !== undefined && mirror !== undefined && existsSync(mirror) ? { terraform, mirror } : undefined

/** The `aws` command, if this machine has one. */
export const awsCli: string | undefined = process.env.LANDFORM_PEER_AWS_CLI || findAws()

function findAws(): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v aws'], { encoding: 'utf8' }).stdout.trim()
  return found === '' ? undefined : found
}

export const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))

/** `landform sandbox serve` in a process of its own. */
export class ServedSandbox {
  readonly url: string
  readonly workspace: Workspace
  readonly #process: ChildProcess

  private constructor(url: string, workspace: Workspace, process: ChildProcess) {
    this.url = url
    this.workspace = workspace
    this.#process = process
  }

  /** @param args options of the command; its state goes to a folder of its own */
  static async start(args: readonly string[] = [], workspace = new Workspace({})): Promise<ServedSandbox> {
    ensureBuilt()
    const child = workspace.start(['sandbox', 'serve', '-port=0', `-dir=${join(workspace.dir, 'sandbox')}`, ...args])
    let text = ''
    const url = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        text += chunk.toString()
        const match = /^Sandbox at (\S+)$/m.exec(text)
        if (match !== null) resolve(match[1]!)
      }
      child.stdout!.on('data', read)
      child.stderr!.on('data', read)
      child.on('exit', (code) => reject(new Error(`sandbox serve ended with ${code}:\n${text}`)))
    })
    return new ServedSandbox(url, workspace, child)
  }

  /** Variables by which any AWS client finds the sandbox, as an account. */
  environment(account = '123456789012', region = 'eu-west-1'): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: 'any',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    }
  }

  /** Stops the process, as Ctrl-C does, and waits for its end. */
  stop(): Promise<number | null> {
    return new Promise((resolve) => {
      this.#process.removeAllListeners('exit')
      this.#process.on('exit', (code) => resolve(code))
      this.#process.kill('SIGINT')
    })
  }
}

/** A copy of a fixture, used by real terraform with the real AWS provider against a sandbox. */
export class TerraformFolder {
  readonly #workspace = new Workspace({})
  readonly #environment: Readonly<Record<string, string>>

  constructor(fixture: string, sandbox: ServedSandbox) {
    const { mirror } = terraformWithAws!
    cpSync(join(fixtures, fixture), this.#workspace.dir, { recursive: true })
    this.#workspace.write({ '.terraformrc': `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n` })
    this.#environment = {
      ...sandbox.environment(),
      TF_CLI_CONFIG_FILE: join(this.#workspace.dir, '.terraformrc'),
      TF_IN_AUTOMATION: '1',
      TF_CLI_ARGS: '-no-color',
    }
  }

  /** @throws Error with all output when the exit code is another than expected */
  run(args: readonly string[], expected: readonly number[] = [0]): Outcome {
    const outcome = this.#workspace.runProgram(terraformWithAws!.terraform, args, { env: this.#environment })
    if (outcome.code === null || !expected.includes(outcome.code))
      throw new Error(`terraform ${args.join(' ')} ended with ${outcome.code}:\n${outcome.stdout}${outcome.stderr}`)
    return outcome
  }

  output<T>(name: string): T {
    return JSON.parse(this.run(['output', '-json', name]).stdout) as T
  }

  write(files: Readonly<Record<string, string>>): void {
    this.#workspace.write(files)
  }

  read(name: string): string {
    return readFileSync(join(this.#workspace.dir, name), 'utf8')
  }

  remove(): void {
    this.#workspace.remove()
  }
}

/** Runs the AWS CLI and reads its JSON; its error output when it fails. */
export function aws<T>(environment: Readonly<Record<string, string>>, ...args: string[]): T | string {
  const { status, stdout, stderr } = spawnSync(awsCli!, [...args, '--output', 'json'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    encoding: 'utf8',
  })
  return status === 0 ? (JSON.parse(stdout || 'null') as T) : stderr.trim()
}
