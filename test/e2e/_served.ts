import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { executable } from './_cli.ts'
import { Peers } from './_peer.ts'

/** Providers of `test-providers`, with the versions that conformance data asks for. */
const versions: Readonly<Record<string, string>> = {
  tfcoremock: '0.1.1',
  test: '1.2.3',
  null: '3.1.1',
  random: '3.4.3',
  local: '2.2.3',
  zoo: '1.0.0',
}

const built = join(dirname(executable), '../dist/test-providers')
const zoo = fileURLToPath(new URL('../fixtures/zoo', import.meta.url))

/**
 * Peers with the test providers, so that what differs is the tools' own: Landform has the providers in its process, Terraform attaches to
 * plugins of the same code, which run in its folder.
 */
export class ServedPeers extends Peers {
  readonly #plugins: Plugins

  constructor() {
    const plugins = new Plugins()
    super({
      theirs: plugins.environment,
      ours: { LANDFORM_PROVIDERS: `${built}${delimiter}${zoo}` },
      onWritten: (dir, files) => plugins.startFor(dir, files),
    })
    this.#plugins = plugins
  }

  override remove(): void {
    this.#plugins.stop()
    super.remove()
  }
}

/** Plugins that terraform attaches to, each started with the first configuration that asks for it. */
class Plugins {
  readonly environment: Record<string, string> = {}
  readonly #running = new Map<string, ChildProcess>()
  #types: string | undefined
  readonly #attach: Record<string, unknown> = {}

  startFor(dir: string, files: Readonly<Record<string, string>>): void {
    // What is declared there is read when the provider starts.
    const types = files['dynamic_resources.json']
    if (types !== this.#types) this.stop()
    this.#types = types
    const texts = Object.entries(files)
      .filter(([path]) => path.endsWith('.tf'))
      .map(([, text]) => text)
      .join('\n')
    for (const name of Object.keys(versions)) {
      if (!this.#running.has(name) && new RegExp(`\\b${name}(_|"| =|\\.)`).test(texts)) Object.assign(this.#attach, this.#start(name, dir))
    }
    this.environment.TF_REATTACH_PROVIDERS = JSON.stringify(this.#attach)
  }

  #start(name: string, dir: string): unknown {
    const place = mkdtempSync(join(tmpdir(), 'landform-served-'))
    const said = join(place, 'stdout')
    const out = openSync(said, 'w')
    const args = [executable, 'provider', 'serve', join(name === 'zoo' ? zoo : built, `${name}.js`), `-release=${versions[name]}`, '-debug']
    const plugin = spawn(process.execPath, args, { cwd: dir, stdio: ['ignore', out, 'inherit'] })
    closeSync(out)
    this.#running.set(name, plugin)
    try {
      for (let waited = 0; ; waited++) {
        const value = /TF_REATTACH_PROVIDERS='(.*)'/.exec(readFileSync(said, 'utf8'))?.[1]
        if (value !== undefined) return JSON.parse(value)
        if (waited > 1000) throw new Error(`the provider ${name} does not start`)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30)
      }
    } finally {
      rmSync(place, { recursive: true })
    }
  }

  stop(): void {
    for (const plugin of this.#running.values()) plugin.kill()
    this.#running.clear()
  }
}
