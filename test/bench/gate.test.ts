import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Folder } from '../../bench/engines.ts'
import { exponent, type Measurement } from '../../bench/measure.ts'
import { blocks, chain, count, imported, layers, moved, pair, type Workload } from '../../bench/workloads.ts'

/*
 * What must not become slower without anybody noticing, told by what does not depend on how fast and how busy the machine is. Start-up is
 * part of the costs here (`make bench` takes it off), so what grows as the configuration does has an exponent of 0.3 to 0.65 at these sizes, and
 * what grows with its square one near 2. The limits leave as much room for noise as a quarter more of such work would take.
 */

const program = resolve('bin/landform')
const scratch = mkdtempSync(join(tmpdir(), 'landform-gate-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const folderOf = (name: string, n: number, workload: Workload): Folder =>
  new Folder(join(scratch, `${name}-${n}`), { name: 'landform', program }, workload(n))

/** The cheaper one of two runs: whatever else the machine does can only add to the cost. */
async function planCost(name: string, n: number, workload: Workload): Promise<Measurement> {
  const folder = folderOf(name, n, workload)
  await folder.run(['init', '-input=false'])
  const runs = [await folder.run(['plan', '-input=false']), await folder.run(['plan', '-input=false'])]
  return runs[0]!.cpuMs < runs[1]!.cpuMs ? runs[0]! : runs[1]!
}

describe.skipIf(!existsSync('dist/cli.cjs'))('speed of the executable (skipped where it is not built)', () => {
  test.each([
    ['blocks', blocks, 0.9],
    ['count', count, 0.75],
    ['pair', pair, 0.65],
    ['chain', chain, 0.8],
    ['layers', layers, 0.9],
    ['moved', moved, 0.9],
    ['imported', imported, 0.9],
  ] as const)('planning %s costs as much as it is long', { timeout: 300_000 }, async (name, workload, limit) => {
    const points: { size: number; cost: number }[] = []
    for (const size of [400, 1600]) points.push({ size, cost: (await planCost(name, size, workload)).cpuMs })
    expect(exponent(points)).toBeLessThan(limit)
  })

  // Each takes milliseconds to load, at every start of every command.
  test.each([
    ['version', ['zlib', 'child_process', 'perf_hooks', 'fs/promises', 'http', 'readline', 'crypto', 'tls']],
    ['plan', ['zlib', 'child_process', 'perf_hooks', 'fs/promises', 'http', 'readline', 'worker_threads', 'crypto', 'tls']],
  ])('%s loads no modules of Node that it does not need', { timeout: 60_000 }, async (command, unneeded) => {
    const folder = folderOf(`modules-${command}`, 1, blocks)
    const hook = join(folder.dir, 'loaded.cjs')
    // Reading the CLI configuration takes code of its own.
    const cliConfig = join(folder.dir, 'cli.tfrc')
    writeFileSync(cliConfig, 'disable_checkpoint = true\n')
    writeFileSync(hook, "process.on('exit', () => process.stderr.write(`LOADED ${process.moduleLoadList.join()}\\n`))")
    const { stderr } = spawnSync(process.execPath, ['--require', hook, program, command], {
      cwd: folder.dir,
      env: { ...process.env, TF_IN_AUTOMATION: '1', TF_CLI_CONFIG_FILE: cliConfig, NODE_EXTRA_CA_CERTS: '', NODE_OPTIONS: '' },
      encoding: 'utf8',
    })
    const loaded = new Set(/LOADED (.*)/.exec(stderr)?.[1]?.split(','))
    expect(loaded).toContain('NativeModule fs')
    expect(unneeded.filter((name) => loaded.has(`NativeModule ${name}`))).toEqual([])
  })

  test('an apply writes a few times what there is to say, and destroying a chain takes no memory by pairs', {
    timeout: 300_000,
  }, async () => {
    const folder = folderOf('applied', 400, chain)
    await folder.run(['init', '-input=false'])
    const apply = await folder.run(['apply', '-input=false', '-auto-approve'])
    const stateMb = readFileSync(join(folder.dir, 'terraform.tfstate')).length / 1e6
    if (apply.writtenMb !== undefined) expect(apply.writtenMb).toBeLessThan(3 * stateMb)
    const destroy = await folder.run(['plan', '-destroy', '-input=false'])
    if (destroy.peakMb !== undefined) expect(destroy.peakMb).toBeLessThan(130)
  })
})
