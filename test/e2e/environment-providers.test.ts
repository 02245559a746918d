import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ensureBuilt } from './_cli.ts'
import { EnvironmentProject, smallEnvironment } from './_environments.ts'

/** Who serves the providers of environments, as `providers` and `version` tell it. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let project: EnvironmentProject
beforeAll(() => {
  ensureBuilt()
  project = new EnvironmentProject({ types: false })
})
afterAll(() => project.remove())

const aws = 'registry.terraform.io/hashicorp/aws'

test.each([
  ['the sandbox', '', {}, 'the sandbox', 'v6.25.0, built in'],
  ['the sandbox, plugins alone', '', { LANDFORM_BUILTIN_PROVIDERS: 'none' }, 'the sandbox', 'a plugin that is not installed'],
  ['the sandbox, plugins alone by accounts.ts', "['none']", {}, 'the sandbox', 'a plugin that is not installed'],
  ['AWS', '', {}, 'AWS', 'a plugin that is not installed'],
  ['AWS, by accounts.ts', "['aws', 'datadog']", {}, 'AWS', 'v6.25.0, built in'],
  ['AWS, by the environment', '', { LANDFORM_BUILTIN_PROVIDERS: 'aws' }, 'AWS', 'v6.25.0, built in'],
])('%s', (_name, builtin, variables, target, served) => {
  project.reset()
  for (const name of ['stage', 'prod']) project.write(`environments/${name}.ts`, '')
  project.write('environments/ops.ts', smallEnvironment)
  if (target === 'AWS') project.edit('environments/accounts.ts', "| 'aws' = 'sandbox'", "| 'aws' = 'aws'")
  if (builtin !== '') project.edit('environments/accounts.ts', 'const region', `export const builtinProviders = ${builtin}\nconst region`)
  const told = project.landform(['providers'], variables)
  expect(told).toEqual({ code: 0, stdout: `\nEnvironment ops, on ${target}:\n\n    ${aws} ${served}\n`, stderr: '' })
  const version = project.landform(['version'], variables)
  expect(version).toMatchObject({ code: 0, stderr: '' })
  expect(version.stdout.includes(`+ provider ${aws} v6.25.0 (built in)\n`)).toBe(served.includes('built in'))
})
