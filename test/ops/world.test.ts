import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localHandler } from '../../src/aws/local-endpoints.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { accountOf, openProject, openWorld, type Prepared, prepareEnvironments } from '../../src/ops/index.ts'
import { TestProject } from './_project.ts'

let folder: TestProject
let prepared: Prepared
beforeAll(async () => {
  folder = new TestProject({ types: false })
  const diags = new Diagnostics()
  prepared = (await prepareEnvironments(openProject(folder.root, diags)!, diags, { checkTypes: false }))!
})
afterAll(() => folder.remove())

async function open(environment: Readonly<Record<string, string>>) {
  const diags = new Diagnostics()
  const world = await openWorld(prepared.project, prepared.organization, environment, folder.root, () => {}, diags)
  return { world, texts: diags.items.map((d) => `${d.summary}: ${d.detail}`) }
}

test('the sandbox of this process is asked without a socket, and nobody is once it is closed', async () => {
  const { world } = await open({})
  const stage = accountOf(prepared.organization, 'stage', new Diagnostics())!
  const endpoint = world!.settingsFor(stage, 'plan').environment.AWS_ENDPOINT_URL
  expect(localHandler(endpoint, false)).toBeDefined()
  await world!.close()
  expect(localHandler(endpoint, false)).toBeUndefined()
})

test("credentials, endpoints and keys of the user are none of the sandbox's business", async () => {
  const own = {
    AWS_ACCESS_KEY_ID: 'AKIAUSERSOWN',
    AWS_PROFILE: 'work',
    AWS_ENDPOINT_URL_EC2: 'https://elsewhere.example',
    DD_API_KEY: 'users-own',
    LANG: 'C',
  }
  const { world } = await open(own)
  const stage = accountOf(prepared.organization, 'stage', new Diagnostics())!
  const { environment } = world!.settingsFor(stage, 'plan')
  for (const [name, value] of Object.entries(own)) if (name !== 'LANG') expect([name, environment[name]]).not.toEqual([name, value])
  expect(environment).toMatchObject({ LANG: 'C', DD_API_KEY: 'sandbox', TF_VAR_role: 'arn:aws:iam::333344445555:role/landform-plan' })
  await world!.close()
  rmSync(`${folder.root}/.landform/sandbox`, { recursive: true })
})

test.each([['never'], ['-5'], ['600000']])('a latency of %s is refused', async (latency) => {
  const { world, texts } = await open({ LANDFORM_SANDBOX_LATENCY_MS: latency })
  expect(world).toBeUndefined()
  expect(texts[0]).toMatch(/^The sandbox cannot be started: The latency of the sandbox is a number of milliseconds/)
})
