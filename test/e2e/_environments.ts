import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { repository, TestProject } from '../ops/_project.ts'
import type { Outcome } from './_cli.ts'

export const executable = process.env.LANDFORM_EXECUTABLE ?? join(repository, 'bin', 'landform')

/** A project that `landform env` is run in, with a sandbox of its own. */
export class EnvironmentProject extends TestProject {
  /** `landform env ...` */
  env(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Outcome {
    return this.landform(['env', ...args], variables)
  }

  landform(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [executable, ...args], {
      cwd: this.root,
      env: { ...cleanVariables(), ...variables },
      input: '',
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    return { code: status, stdout, stderr }
  }

  /** The same while this process goes on, which may itself serve the sandbox. */
  async envAsync(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const child = spawn(process.execPath, [executable, 'env', ...args], {
      cwd: this.root,
      env: { ...cleanVariables(), ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    return { code, stdout, stderr }
  }
}

/** What the user's own tools would find is none of a test's business. */
export function cleanVariables(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(process.env))
    if (!/^(TF_|LANDFORM_|AWS_|DD_|DATADOG_|FORCE_COLOR|NO_COLOR|YES$)/.test(name)) env[name] = value
  return {
    ...env,
    NO_COLOR: '1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

/** An environment of few resources for ops, in the words of the modules. */
export const smallEnvironment = `import { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js'
import type { App, TerraformStack } from 'cdktf'
import { Environment } from '../modules/environment/index.ts'
import { PrivateBucket } from '../modules/private-bucket/index.ts'
import { backendOf } from '../state/index.ts'
import { ops } from './accounts.ts'

const owner = 'one'

export default (app: App): TerraformStack[] => {
  const env = new Environment(app, { account: ops, backend: backendOf(ops) })
  new PrivateBucket(env, 'audit', { bucket: 'example-ops-audit' })
  new Vpc(env, 'vpc', { cidrBlock: '10.1.0.0/16', tags: { Owner: owner } })
  return [env]
}
`
