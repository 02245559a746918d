import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Engine, Folder } from './engines.ts'
import { type Measurement, median } from './measure.ts'
import { megabytes, type Row, seconds } from './report.ts'

/** Bytes of the attribute that makes a state long. */
const blobBytes = 1000

/** V8 knows no text of more than 512 MB, so this one cannot be read as one. */
const long = 300_000
const short = 30_000

const entry = (i: number): string => `    {
      "mode": "managed",
      "type": "terraform_data",
      "name": "r${i}",
      "provider": "provider[\\"terraform.io/builtin/terraform\\"]",
      "instances": [
        {
          "schema_version": 0,
          "attributes": {
            "id": "${i}",
            "input": {
              "value": {
                "blob": "${'x'.repeat(blobBytes)}",
                "name": "n-${i}",
                "tags": {
                  "env": "stage",
                  "idx": "${i}"
                }
              },
              "type": [
                "object",
                {
                  "blob": "string",
                  "name": "string",
                  "tags": [
                    "object",
                    {
                      "env": "string",
                      "idx": "string"
                    }
                  ]
                }
              ]
            },
            "output": null,
            "triggers_replace": null
          },
          "sensitive_attributes": []
        }
      ]
    }`

/** Writes a state of `count` resources with about 1.8 KB each. */
export function writeLongState(path: string, count: number): void {
  const file = openSync(path, 'w')
  const head = { version: 4, terraform_version: '1.11.4', serial: 1, lineage: '7e8c6f0a-4f0f-4d43-8b5e-000000000000', outputs: {} }
  writeSync(file, `${JSON.stringify(head, undefined, 2).slice(0, -2)},\n  "resources": [\n`)
  for (let i = 0; i < count; i += 1000) {
    const entries = Array.from({ length: Math.min(1000, count - i) }, (_, k) => entry(i + k))
    writeSync(file, `${entries.join(',\n')}${i + 1000 < count ? ',' : ''}\n`)
  }
  writeSync(file, '  ],\n  "check_results": null\n}\n')
  closeSync(file)
}

/** Listing what is in a long state: the cost of each resource must not grow with how many there are. */
export async function stateRows(scratch: string, landform: Engine, startMs: number, say: (text: string) => void): Promise<readonly Row[]> {
  const found = new Map<number, Measurement>()
  for (const count of [short, long]) {
    say(`state list, ${count} resources`)
    const folder = new Folder(join(scratch, `state-${count}`), landform, { 'main.tf': '' })
    writeLongState(join(folder.dir, 'terraform.tfstate'), count)
    const runs: Measurement[] = []
    for (let i = 0; i < 3; i++) runs.push(await folder.run(['state', 'list']))
    const middle = median(runs.map((m) => m.cpuMs))
    found.set(count, runs.find((m) => m.cpuMs === middle)!)
    rmSync(folder.dir, { recursive: true })
  }
  const [few, many] = [found.get(short)!, found.get(long)!]
  const growth = (many.cpuMs - startMs) / (few.cpuMs - startMs) / (long / short)
  return [
    { what: `state list, ${short} resources, 60 MB`, landform: `${seconds(few.cpuMs)}, ${megabytes(few.peakMb)}` },
    {
      what: `state list, ${long} resources, 600 MB`,
      landform: `${seconds(many.cpuMs)}, ${megabytes(many.peakMb)}`,
      result: `each ${growth.toFixed(2)} times as much`,
      target: '<= 1.3 times',
      passed: growth <= 1.3,
    },
  ]
}
