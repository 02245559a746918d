import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CliConfig, readCliConfig, tokenFor } from '../../src/registry/index.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'landform-home-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function read(text: string, environment: Record<string, string> = {}): CliConfig {
  writeFileSync(join(home, '.terraformrc'), text)
  return readCliConfig({ HOME: home, ...environment })
}

const told = (config: CliConfig): readonly string[] => config.diags.items.map((d) => `${d.summary}: ${d.detail}`)
const all = { include: undefined, exclude: [] }

describe('CLI configuration', () => {
  test('nothing said', () => {
    expect(readCliConfig({ HOME: home })).toMatchObject({
      pluginCacheDir: undefined,
      installation: undefined,
      credentialsHelper: undefined,
    })
  })

  test('everything at once, in the older notation', () => {
    mkdirSync(join(home, 'cache'))
    const config = read(
      `# comment
plugin_cache_dir   = "$HOME/cache" // where
disable_checkpoint = true
unknown_thing "x" { a = [1, "b", { c = 1 }] }
builtin_providers = ["aws", "datadog"]
provider_folders = ["~/mine", "$HOME/cache", "/theirs"]
credentials "Example.com" {
  token = "se\\"cret"
}
credentials_helper "helper" { args = ["-x", "y"] }
host "example.com:8443" {
  services = {
    "providers.v1" = "https://a.example/p/",
    "login.v1" = { client = "x" }
  }
}
/* two
   lines */
provider_installation {
  dev_overrides {
    "hashicorp/null" = "/some/folder"
  }
  filesystem_mirror { path = "/mirror" include = ["example.com/*/*"] }
  network_mirror { url = "https://mirror.example/base" }
  direct { exclude = ["hashicorp/*"] }
}
`,
    )
    expect(told(config)).toEqual([])
    expect(config).toMatchObject({
      pluginCacheDir: join(home, 'cache'),
      builtinProviders: ['aws', 'datadog'],
      providerFolders: [join(home, 'mine'), join(home, 'cache'), '/theirs'],
      credentialsHelper: { name: 'helper', args: ['-x', 'y'] },
    })
    expect([...config.credentials]).toEqual([['example.com', 'se"cret']])
    expect([...config.hosts.get('example.com:8443')!]).toEqual([['providers.v1', 'https://a.example/p/']])
    expect([...config.devOverrides]).toEqual([['registry.terraform.io/hashicorp/null', '/some/folder']])
    expect(config.installation).toEqual([
      { kind: 'filesystemMirror', path: '/mirror', include: [{ host: 'example.com', namespace: '*', type: '*' }], exclude: [] },
      { kind: 'networkMirror', url: 'https://mirror.example/base/', ...all },
      { kind: 'direct', include: undefined, exclude: [{ host: 'registry.terraform.io', namespace: 'hashicorp', type: '*' }] },
    ])
  })

  test('JSON, and the credentials that login stores', () => {
    mkdirSync(join(home, '.terraform.d'))
    writeFileSync(join(home, '.terraform.d/credentials.tfrc.json'), '{"credentials":{"app.example":{"token":"t1"}}}')
    const config = read('{"plugin_cache_may_break_dependency_lock_file": true, "host": {"h.example": {"services": {"modules.v1": "/m/"}}}}')
    expect(config.cacheMayBreakLockFile).toBe(true)
    expect(config.credentials.get('app.example')).toBe('t1')
    expect(config.hosts.get('h.example')!.get('modules.v1')).toBe('/m/')
  })

  test('a named file comes instead of those of the home folder', () => {
    read('builtin_providers = ["aws"]')
    writeFileSync(join(home, 'named'), '')
    expect(readCliConfig({ HOME: home, TF_CLI_CONFIG_FILE: join(home, 'named') }).builtinProviders).toBeUndefined()
  })

  test('OpenTofu has a file of its own, which comes first', () => {
    read('builtin_providers = ["aws"]')
    writeFileSync(join(home, '.tofurc'), 'builtin_providers = ["datadog"]')
    expect(readCliConfig({ HOME: home }, 'tofu').builtinProviders).toEqual(['datadog'])
    expect(readCliConfig({ HOME: home }).builtinProviders).toEqual(['aws'])
  })

  test.each<[text: string, want: string]>([
    ['provider_installation {', 'Invalid CLI configuration: Error parsing'],
    ['a = nope', 'strings must be quoted'],
    ['a = "x', 'a string is not closed'],
    ['a = [1', 'a list is not closed'],
    ['= 1', 'expected a name before the equals sign'],
    ['provider_installation {\n filesystem_mirror {\n }\n}', 'Invalid filesystem_mirror block at 2:2: "path" argument is required.'],
    ['provider_installation {\n foo {\n }\n}', 'Unknown provider installation method "foo" at 2:2.'],
    [
      'provider_installation {\n direct {\n }\n dev_overrides {\n }\n}',
      'The dev_overrides block at 4:2 must appear before all other installation methods',
    ],
    ['provider_installation {\n direct {\n  bar = 1\n }\n}', 'an argument named "bar" is not expected here.'],
    ['provider_installation {\n network_mirror {\n  url = "http://x"\n }\n}', 'the mirror must be at an https: URL.'],
    ['provider_installation {\n direct {\n  include = ["a/b/c/d"]\n }\n}', 'must have either two or three slash-separated segments.'],
    ['provider_installation {\n direct {\n  include = ["*/b/c"]\n }\n}', 'wildcard for hostname but non-wildcard for namespace'],
    ['provider_installation {\n}\nprovider_installation {\n}', 'No more than one provider_installation block may be specified.'],
    ['plugin_cache_dir = "/dev/null/no"', 'The specified plugin cache dir /dev/null/no cannot be opened'],
    ['host "a b" {\n}', 'The host "a b" block has an invalid hostname.'],
  ])('%s', (text, want) => {
    expect(told(read(text)).join('\n')).toContain(want)
  })
})

describe('tokens', () => {
  const noConfig = (): CliConfig => readCliConfig({ HOME: join(home, 'empty') })

  test.each<[host: string, variable: string]>([
    ['app.terraform.io', 'TF_TOKEN_app_terraform_io'],
    ['café.fr', 'TF_TOKEN_xn____caf__dma_fr'],
    ['xn--caf-dma.fr', 'TF_TOKEN_xn____caf__dma_fr'],
    ['a-b.example', 'TF_TOKEN_a__b_example'],
    ['example.com:8443', 'TF_TOKEN_example_com_8443'],
  ])('%s in %s', async (host, variable) => {
    expect(await tokenFor(host, noConfig(), { [variable]: 'x' })).toBe('x')
  })

  test('environment, configuration, helper', async () => {
    const helper = join(home, '.terraform.d/plugins/terraform-credentials-fake')
    mkdirSync(join(home, '.terraform.d/plugins'), { recursive: true })
    writeFileSync(helper, '#!/bin/sh\nprintf \'{"token":"from %s"}\' "$3"\n', { mode: 0o755 })
    const config = read('credentials "a.example" { token = "stored" }\ncredentials_helper "fake" { args = ["x"] }')
    const environment = { HOME: home, PATH: process.env.PATH! }
    expect(await tokenFor('a.example', config, { ...environment, TF_TOKEN_a_example: 'env' })).toBe('env')
    expect(await tokenFor('a.example', config, environment)).toBe('stored')
    expect(await tokenFor('b.example', config, environment)).toBe('from b.example')
    expect(await tokenFor('b.example', noConfig(), environment)).toBeUndefined()
  })
})
