import { join } from 'node:path'
import { type Engine, Folder } from './engines.ts'
import { type Measurement, median } from './measure.ts'
import { megabytes, type Row, seconds } from './report.ts'
import { fn, hcl } from './workloads.ts'

/** Sizes of the configuration in megabytes; Terraform takes 200 MB of memory for each, so it is asked for the middle one alone. */
const sizes = [1, 5, 20]
const comparedSize = 5

const commands: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: 'validate', args: ['validate'] },
  { name: 'fmt -check', args: ['fmt', '-check'] },
]

async function typical(folder: Folder, args: readonly string[], times: number): Promise<Measurement> {
  const runs: Measurement[] = []
  for (let i = 0; i < times; i++) runs.push(await folder.run(args))
  const middle = median(runs.map((m) => m.cpuMs))
  return runs.reduce((best, m) => (Math.abs(m.cpuMs - middle) < Math.abs(best.cpuMs - middle) ? m : best))
}

/** Reading, checking and laying out large files. Start-up is taken off before throughputs are compared. */
export async function languageRows(
  scratch: string,
  engines: readonly Engine[],
  startMs: Readonly<Record<string, number>>,
  say: (text: string) => void,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const { name, args } of commands) {
    for (const size of sizes) {
      const found = new Map<string, Measurement>()
      for (const engine of engines) {
        if (engine.name === 'terraform' && size !== comparedSize) continue
        say(`hcl ${size} MB, ${name}: ${engine.name}`)
        const folder = new Folder(join(scratch, `hcl-${size}-${name.replace(' ', '')}-${engine.name}`), engine, hcl(size))
        found.set(engine.name, await typical(folder, args, size > 5 ? 1 : 3))
      }
      const own = found.get('landform')!
      const other = found.get('terraform')
      const ratio = other && (other.cpuMs - startMs.terraform!) / (own.cpuMs - startMs.landform!)
      rows.push({
        what: `hcl ${size} MB: ${name}`,
        landform: `${seconds(own.cpuMs)}, ${megabytes(own.peakMb)}`,
        ...(other === undefined ? {} : { terraform: `${seconds(other.cpuMs)}, ${megabytes(other.peakMb)}` }),
        ...(ratio === undefined ? {} : { result: `${ratio.toFixed(1)} times`, target: '>= 5 times' }),
        passed: ratio === undefined ? undefined : ratio >= 5,
      })
      if (own.peakMb === undefined) continue
      // What the program takes without any configuration is not the configuration's.
      const perMb = (own.peakMb - startMs.landformPeakMb!) / size
      rows.push({
        what: `hcl ${size} MB: ${name}, memory for each MB`,
        landform: megabytes(perMb),
        result: megabytes(perMb),
        target: '<= 45 MB',
        passed: perMb <= 45,
      })
    }
  }
  return rows
}

/** Functions called for each of many elements. */
export async function functionRows(
  scratch: string,
  engines: readonly Engine[],
  startMs: Readonly<Record<string, number>>,
  say: (text: string) => void,
): Promise<readonly Row[]> {
  const k = 300
  const found = new Map<string, Measurement>()
  for (const engine of engines) {
    say(`fn ${k}: ${engine.name}`)
    const folder = new Folder(join(scratch, `fn-${k}-${engine.name}`), engine, fn(k))
    await folder.run(['init', '-input=false'])
    found.set(engine.name, await typical(folder, ['plan', '-input=false'], 3))
  }
  const own = found.get('landform')!
  const other = found.get('terraform')
  const rate = (m: Measurement, name: string): number => (3 * k * k) / ((m.cpuMs - startMs[name]!) / 1000)
  const ratio = other && rate(own, 'landform') / rate(other, 'terraform')
  const show = (m: Measurement, name: string): string => `${seconds(m.cpuMs)}, ${(rate(m, name) / 1000).toFixed(0)}k elements/s`
  return [
    {
      what: `fn ${k}: plan`,
      landform: show(own, 'landform'),
      ...(other === undefined ? {} : { terraform: show(other, 'terraform') }),
      ...(ratio === undefined ? {} : { result: `${ratio.toFixed(1)} times`, target: '>= 10 times' }),
      passed: ratio === undefined ? undefined : ratio >= 10,
    },
  ]
}
