import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Measurement, measure } from './measure.ts'

export interface Engine {
  readonly name: 'landform' | 'terraform'
  readonly program: string
}

/** The real Terraform, named by the environment or found on the path. */
export function findTerraform(): Engine | undefined {
  const named = process.env.LANDFORM_PEER_TERRAFORM
  const program = named || spawnSync('sh', ['-c', 'command -v terraform'], { encoding: 'utf8' }).stdout.trim()
  return program === '' ? undefined : { name: 'terraform', program }
}

/** A folder with a configuration in which one engine works. */
export class Folder {
  readonly dir: string
  readonly engine: Engine
  readonly #env: Readonly<Record<string, string>>

  constructor(dir: string, engine: Engine, files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
    this.dir = dir
    this.engine = engine
    // Node reads all certificates of NODE_EXTRA_CA_CERTS at every start, which takes longer than starting does otherwise.
    this.#env = { CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1', NODE_EXTRA_CA_CERTS: '', NODE_OPTIONS: '', ...env }
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true })
      writeFileSync(join(dir, name), text)
    }
  }

  /** Runs a command; what ends with another code than expected is not worth measuring. */
  async run(args: readonly string[], expected = 0): Promise<Measurement> {
    const result = await measure({ program: this.engine.program, args, cwd: this.dir, env: this.#env })
    if (result.code !== expected) {
      const { stdout, stderr } = spawnSync(this.engine.program, [...args], {
        cwd: this.dir,
        env: { ...process.env, ...this.#env },
        encoding: 'utf8',
      })
      throw new Error(`${this.engine.name} ${args.join(' ')} in ${this.dir} ended with ${result.code}:\n${stdout}${stderr}`.slice(0, 4000))
    }
    return result
  }
}
