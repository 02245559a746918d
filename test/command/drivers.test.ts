import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type InProcessOptions, type InProcessOutcome, runIn } from '../support/in-process.ts'

/**
 * The calls that programs which drive `terraform` make, in their order, with what they read of the answers. Each row is one call: see
 * reference/drivers.md 2.1 to 2.8.
 */
interface Call {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Default 0. */
  readonly code?: number
  readonly stdout?: RegExp | string
  readonly stderr?: RegExp | string
  readonly json?: (document: never) => void
  /** Told of the folder afterwards. */
  readonly afterwards?: (dir: string) => void
}

interface Driver {
  readonly name: string
  readonly calledAs?: string
  readonly env?: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
  readonly calls: readonly Call[]
}

const main = `
variable "name" {
  default = "a"
}

resource "test_instance" "x" {
  ami = var.name
}

resource "terraform_data" "d" {
  input = var.name
}

output "name" {
  value = terraform_data.d.output
}

output "secret" {
  value     = "s3cret"
  sensitive = true
}
`

const isPlan = (document: Record<string, unknown>): void => {
  expect(document).toMatchObject({ format_version: '1.2', terraform_version: '1.11.4', errored: false })
  const priors = document.prior_state as { format_version?: string } | undefined
  if (priors !== undefined) expect(priors.format_version).toBe('1.0')
}

const outputs = { name: { sensitive: false, type: 'string', value: 'a' }, secret: { sensitive: true, type: 'string', value: 's3cret' } }

const drivers: readonly Driver[] = [
  {
    name: 'terraform-exec',
    calledAs: 'terraform',
    env: {
      TF_IN_AUTOMATION: '1',
      TF_LOG: '',
      TF_LOG_CORE: '',
      TF_LOG_PATH: '',
      TF_LOG_PROVIDER: '',
      TF_APPEND_USER_AGENT: 'HashiCorp-terraform-exec/0.21.0',
      CHECKPOINT_DISABLE: '',
      TF_DISABLE_PLUGIN_TLS: '',
      TF_SKIP_PROVIDER_VERIFY: '',
    },
    files: { 'main.tf': main, 'unformatted.tf': 'locals {\na=1\n}\n' },
    calls: [
      {
        args: ['version', '-json'],
        json: (d: object) =>
          expect(d).toMatchObject({
            terraform_version: '1.11.4',
            provider_selections: {},
            terraform_outdated: false,
            platform: expect.any(String),
          }),
      },
      { args: ['init', '-no-color', '-input=false', '-backend=true', '-get=true', '-upgrade=false'] },
      { args: ['get', '-no-color', '-update=false'] },
      {
        args: ['validate', '-no-color', '-json'],
        json: (d: object) => expect(d).toMatchObject({ format_version: '1.0', valid: true, error_count: 0 }),
      },
      { args: ['fmt', '-no-color', '-write=false', '-list=true', '-diff=false', '-check=true'], code: 3, stdout: 'unformatted.tf\n' },
      { args: ['fmt', '-no-color', '-'], input: 'a=1\n', stdout: 'a = 1\n' },
      { args: ['fmt', '-no-color', '-write=true', '-list=false', '-diff=false'], stdout: '' },
      {
        args: [
          'plan',
          '-no-color',
          '-input=false',
          '-detailed-exitcode',
          '-lock-timeout=0s',
          '-out=plan',
          '-lock=true',
          '-parallelism=10',
          '-refresh=true',
          '-var',
          'name=a',
        ],
        code: 2,
      },
      { args: ['show', '-json', '-no-color', 'plan'], stdout: /^[^\n]*\n$/, json: isPlan },
      { args: ['show', '-no-color', 'plan'], stdout: /# test_instance\.x will be created/ },
      {
        args: ['apply', '-no-color', '-auto-approve', '-input=false', '-lock=true', '-parallelism=10', '-refresh=true', 'plan'],
        stdout: /Apply complete! Resources: 2 added/,
      },
      {
        args: [
          'plan',
          '-no-color',
          '-input=false',
          '-detailed-exitcode',
          '-lock-timeout=0s',
          '-lock=true',
          '-parallelism=10',
          '-refresh=true',
        ],
        code: 0,
        stdout: /^No changes\. Your infrastructure matches the configuration\./m,
      },
      {
        args: ['show', '-json', '-no-color'],
        json: (d: object) => expect(d).toMatchObject({ format_version: '1.0', values: { outputs } }),
      },
      { args: ['output', '-no-color', '-json'], json: (d: object) => expect(d).toEqual(outputs) },
      {
        args: ['providers', 'schema', '-json', '-no-color'],
        json: (d: object) => expect(d).toMatchObject({ format_version: '1.0', provider_schemas: expect.any(Object) }),
      },
      {
        args: ['metadata', 'functions', '-json'],
        json: (d: object) => expect(d).toMatchObject({ format_version: '1.0', function_signatures: { length: expect.any(Object) } }),
      },
      { args: ['graph'], stdout: /^digraph/ },
      { args: ['state', 'pull'], json: (d: object) => expect(d).toMatchObject({ version: 4 }) },
      { args: ['state', 'mv', '-no-color', '-lock=true', '-lock-timeout=0s', 'terraform_data.d', 'terraform_data.e'] },
      { args: ['state', 'mv', '-no-color', '-lock=true', '-lock-timeout=0s', 'terraform_data.e', 'terraform_data.d'] },
      { args: ['taint', '-no-color', '-lock-timeout=0s', '-lock=true', 'terraform_data.d'] },
      { args: ['untaint', '-no-color', '-lock-timeout=0s', '-lock=true', 'terraform_data.d'] },
      { args: ['refresh', '-no-color', '-input=false', '-lock-timeout=0s', '-lock=true'] },
      { args: ['workspace', 'list', '-no-color'], stdout: /^\* default$/m },
      { args: ['workspace', 'show', '-no-color'], stdout: 'default\n' },
      { args: ['workspace', 'new', '-no-color', 'other'] },
      { args: ['workspace', 'select', '-no-color', 'default'] },
      { args: ['workspace', 'delete', '-no-color', 'other'] },
      {
        args: ['apply', '-no-color', '-auto-approve', '-input=false', '-lock=true', '-parallelism=10', '-refresh=true', '-json'],
        stdout: /^\{.*"type":"version"/,
      },
      { args: ['state', 'rm', '-no-color', '-lock-timeout=0s', '-lock=true', 'test_instance.x'] },
      {
        args: [
          'destroy',
          '-no-color',
          '-auto-approve',
          '-input=false',
          '-lock-timeout=0s',
          '-lock=true',
          '-parallelism=10',
          '-refresh=true',
        ],
        stdout: /Destroy complete! Resources: 1 destroyed/,
      },
    ],
  },
  {
    name: 'terraform-exec, the rest of its calls',
    calledAs: 'terraform',
    env: { TF_IN_AUTOMATION: '1', TF_APPEND_USER_AGENT: 'HashiCorp-terraform-exec/0.23.0' },
    files: {
      'main.tf': `terraform {\n  backend "local" {}\n}\n${main}`,
      'vars.tfvars': 'name = "file"\n',
      'tests/ok.tftest.hcl':
        'run "it" {\n  command = plan\n  assert {\n    condition     = var.name == "a"\n    error_message = "no"\n  }\n}\n',
    },
    calls: [
      { args: ['version'], stdout: /^Terraform v1\.11\.4\n/ },
      {
        args: [
          'init',
          '-no-color',
          '-input=false',
          '-backend=true',
          '-get=true',
          '-upgrade=true',
          '-reconfigure',
          '-backend-config=path=here.tfstate',
        ],
        afterwards: (dir) => expect(existsSync(join(dir, '.terraform', 'terraform.tfstate'))).toBe(true),
      },
      {
        args: [
          'init',
          '-no-color',
          '-input=false',
          '-backend=true',
          '-get=true',
          '-upgrade=false',
          '-force-copy',
          '-backend-config=path=there.tfstate',
        ],
      },
      {
        args: ['init', '-no-color', '-input=false', '-backend=true', '-get=true', '-upgrade=false', '-json'],
        stdout: /^\{.*"type":"version"/,
      },
      { args: ['get', '-no-color', '-update=true'] },
      { args: ['providers', 'lock', '-platform=linux_amd64', '-platform=darwin_arm64'] },
      {
        args: [
          ...['plan', '-no-color', '-input=false', '-detailed-exitcode', '-lock-timeout=0s', '-out=plan', '-var-file=vars.tfvars'],
          ...['-lock=false', '-parallelism=4', '-refresh=false', '-target=test_instance.x', '-target=terraform_data.d'],
        ],
        code: 2,
      },
      { args: ['graph', '-plan=plan'], stdout: /^digraph/ },
      { args: ['graph', '-type=plan', '-draw-cycles'], stdout: /^digraph/ },
      { args: ['show', '-no-color', 'plan'], stdout: /Resource targeting is in effect|will be created/ },
      {
        args: ['apply', '-no-color', '-auto-approve', '-input=false', '-lock=true', '-parallelism=10', '-refresh=true', 'plan'],
        stdout: /2 added/,
      },
      {
        args: [
          'plan',
          '-no-color',
          '-input=false',
          '-detailed-exitcode',
          '-lock-timeout=0s',
          '-lock=true',
          '-refresh=true',
          '-refresh-only',
          '-var-file=vars.tfvars',
        ],
        // The targets have left out an output value.
        code: 2,
      },
      {
        args: [
          'plan',
          '-no-color',
          '-input=false',
          '-detailed-exitcode',
          '-lock-timeout=0s',
          '-replace=test_instance.x',
          '-var-file=vars.tfvars',
          '-json',
        ],
        code: 2,
        stdout: /"type":"change_summary"/,
      },
      { args: ['plan', '-no-color', '-input=false', '-detailed-exitcode', '-lock-timeout=0s', '-destroy', '-var', 'name=file'], code: 2 },
      { args: ['state', 'pull'], json: (d: object) => expect(d).toMatchObject({ version: 4, serial: expect.any(Number) }) },
      {
        args: ['state', 'rm', '-no-color', '-dry-run', '-lock-timeout=0s', '-lock=true', 'terraform_data.d'],
        stdout: /Would remove terraform_data\.d/,
      },
      { args: ['taint', '-no-color', '-lock-timeout=0s', '-lock=true', '-allow-missing', 'terraform_data.gone'] },
      { args: ['untaint', '-no-color', '-lock-timeout=0s', '-lock=true', '-allow-missing', 'terraform_data.gone'] },
      { args: ['state', 'rm', '-no-color', '-backup=b.backup', '-lock-timeout=0s', '-lock=true', 'terraform_data.d'] },
      {
        args: ['import', '-no-color', '-input=false', '-lock-timeout=0s', '-lock=true', '-var', 'name=file', 'terraform_data.d', 'some-id'],
        stdout: /Import successful!/,
      },
      { args: ['state', 'push', '-lock=false', '-lock-timeout=0s', 'elsewhere.tfstate'], code: 1, stderr: /elsewhere\.tfstate/ },
      { args: ['force-unlock', '-no-color', '-force', 'no-such-lock'], code: 1, stderr: /Failed to unlock state/ },
      { args: ['workspace', 'new', '-no-color', '-lock=true', '-lock-timeout=0s', 'w'] },
      { args: ['apply', '-no-color', '-auto-approve', '-input=false', '-lock=true', '-parallelism=10', '-refresh=true', '-destroy=false'] },
      { args: ['workspace', 'select', '-no-color', 'default'] },
      { args: ['workspace', 'delete', '-no-color', '-lock=true', '-lock-timeout=0s', 'w'], code: 1, stderr: /Workspace is not empty/ },
      { args: ['workspace', 'delete', '-no-color', '-force', 'w'], stdout: /Deleted workspace "w"!/ },
      { args: ['test', '-json', '-tests-directory=tests'], stdout: /"type":"test_summary"/ },
      { args: ['query', '-no-color', '-json'], code: 1 },
    ],
  },
  {
    name: 'Terragrunt, with a cache of plugins and tokens',
    calledAs: 'terraform',
    env: {
      TF_PLUGIN_CACHE_DIR: 'cache',
      TF_TOKEN_registry_example_com: 'secret-token',
      TG_PROVIDER_CACHE: '1',
      TF_CLI_ARGS_plan: '-lock-timeout=20m',
    },
    files: { 'main.tf': main, 'cache/.keep': '' },
    calls: [
      { args: ['init', '-input=false', '-no-color', '-backend-config=path=x'], code: 0, stdout: /Missing backend configuration/ },
      { args: ['providers', 'lock', '-platform=linux_amd64', '-no-color'] },
      { args: ['validate', '-no-color'], stdout: /^Success! The configuration is valid\./m },
      { args: ['plan', '-input=false', '-out=a/tfplan.tfplan'], code: 1, stderr: /Failed to write plan file/ },
      { args: ['plan', '-input=false', '-out=tfplan.tfplan', '-detailed-exitcode', '-no-color'], code: 2 },
      { args: ['show', '-json', '-no-color', 'tfplan.tfplan'], stdout: /^[^\n]*\n$/, json: isPlan },
      { args: ['apply', '-input=false', '-auto-approve', '-no-color', 'tfplan.tfplan'], stdout: /^Apply complete!/m },
      { args: ['plan', '-input=false', '-detailed-exitcode', '-no-color'], code: 0 },
      { args: ['output', '-no-color', '-json', 'name'], stdout: '"a"\n' },
      { args: ['state', 'list', '-no-color'], stdout: 'terraform_data.d\ntest_instance.x\n' },
      { args: ['destroy', '-input=false', '-auto-approve', '-no-color'], stdout: /^Destroy complete! Resources: 2 destroyed\./m },
    ],
  },
  {
    name: 'terraform-exec on mistakes',
    calledAs: 'terraform',
    files: { 'main.tf': 'resource "terraform_data" "x" {\n  nope = 1\n}\n' },
    calls: [
      { args: ['init', '-no-color', '-input=false', '-backend=true', '-get=true', '-upgrade=false'] },
      {
        args: ['validate', '-no-color', '-json'],
        code: 1,
        json: (d: object) =>
          expect(d).toMatchObject({ valid: false, error_count: 1, diagnostics: [{ severity: 'error', range: { filename: 'main.tf' } }] }),
      },
      { args: ['plan', '-no-color', '-input=false', '-detailed-exitcode'], code: 1, stderr: /Error: Unsupported argument/ },
      { args: ['output', '-no-color', '-json'], stdout: '{}\n' },
      { args: ['workspace', 'select', '-no-color', 'missing'], code: 1, stderr: /Workspace "missing" doesn't exist/ },
    ],
  },
  {
    name: 'Terragrunt',
    calledAs: 'terraform',
    env: { TF_VAR_name: 'from-input' },
    files: { 'main.tf': main.replace('default = "a"', 'type = string') },
    calls: [
      { args: ['-version'], stdout: /^Terraform v\d+\.\d+\.\d+\n/ },
      {
        args: ['init', '-input=false', '-no-color'],
        // Without these it runs init before every command.
        afterwards: (dir) =>
          expect([existsSync(join(dir, '.terraform', 'providers')), existsSync(join(dir, '.terraform.lock.hcl'))]).toEqual([true, true]),
      },
      { args: ['plan', '-input=false', '-out=tfplan.tfplan', '-detailed-exitcode'], code: 2 },
      {
        args: ['show', '-json', 'tfplan.tfplan'],
        json: (d: { variables: unknown }) => expect(d.variables).toEqual({ name: { value: 'from-input' } }),
      },
      { args: ['apply', '-input=false', '-auto-approve', 'tfplan.tfplan'] },
      { args: ['output', '-json'], json: (d: object) => expect(d).toMatchObject({ name: { value: 'from-input' } }) },
      { args: ['destroy', '-input=false', '-auto-approve'] },
    ],
  },
  {
    name: 'Terragrunt, values of inputs in a hidden file',
    calledAs: 'terraform',
    files: {
      'main.tf': 'variable "v" { default = "x" }\noutput "v" { value = var.v == null ? "null" : var.v }\n',
      '.terragrunt-null-vars.auto.tfvars.json': '{"v": null}',
    },
    calls: [
      { args: ['init', '-input=false'] },
      { args: ['apply', '-input=false', '-auto-approve'] },
      { args: ['output', '-json'], json: (d: object) => expect(d).toMatchObject({ v: { value: 'null' } }) },
    ],
  },
  {
    name: 'Terragrunt, outputs of a dependency with its backend alone',
    calledAs: 'terraform',
    files: {
      'backend.tf': 'terraform {\n  backend "local" {\n    path = "elsewhere.tfstate"\n  }\n}\n',
      'elsewhere.tfstate': JSON.stringify({
        version: 4,
        terraform_version: '1.11.4',
        serial: 1,
        lineage: 'l',
        outputs: { o: { value: ['a'], type: ['list', 'string'] } },
        resources: [],
        check_results: null,
      }),
    },
    calls: [
      { args: ['init', '-get=false'] },
      {
        args: ['output', '-json'],
        json: (d: object) => expect(d).toEqual({ o: { sensitive: false, type: ['list', 'string'], value: ['a'] } }),
      },
    ],
  },
  {
    name: 'Atlantis',
    calledAs: 'terraform',
    env: { TF_IN_AUTOMATION: 'true', WORKSPACE: 'default', DIR: '.', ATLANTIS_TERRAFORM_VERSION: '1.11.4' },
    files: { 'main.tf': main, 'env/default.tfvars': 'name = "tfvars"\n' },
    calls: [
      { args: ['version'], env: { CHECKPOINT_DISABLE: '1', TF_CLI_ARGS: '' }, stdout: /(?:Terraform|OpenTofu) v(.*?)(\s.*)?\n/ },
      { args: ['init', '-input=false', '-upgrade'] },
      { args: ['workspace', 'show'], stdout: 'default\n' },
      { args: ['workspace', 'select', 'staging'], code: 1 },
      { args: ['workspace', 'new', 'staging'] },
      { args: ['workspace', 'select', 'default'] },
      {
        args: ['plan', '-input=false', '-refresh', '-out', 'default.tfplan', '-var-file', 'env/default.tfvars'],
        stdout: /Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy(?:, (\d+) to forget)?\./,
      },
      { args: ['show', '-json', 'default.tfplan'], stdout: /^[^\n]*\n$/, json: isPlan },
      { args: ['apply', '-input=false', 'default.tfplan'], stdout: /^Apply complete!/m },
      {
        args: ['plan', '-input=false', '-refresh', '-out', 'default.tfplan', '-var-file', 'env/default.tfvars'],
        stdout: /No changes\. Your infrastructure matches the configuration\./,
      },
      { args: ['state', 'rm', 'terraform_data.d'] },
      { args: ['version'] },
    ],
  },
  {
    name: 'dflook',
    calledAs: 'terraform',
    files: { 'main.tf': main },
    calls: [
      { args: ['version', '-json'], json: (d: object) => expect(d).toMatchObject({ terraform_version: '1.11.4' }) },
      { args: ['init', '-input=false'], env: { TF_WORKSPACE: 'default' } },
      { args: ['plan', '-input=false', '-no-color', '-detailed-exitcode', '-lock-timeout=300s', '-out=F', '-lock=false'], code: 2 },
      { args: ['apply', '-input=false', '-no-color', '-lock-timeout=300s', 'F'] },
    ],
  },
  {
    name: 'Digger',
    calledAs: 'tofu',
    files: { 'main.tf': main },
    calls: [
      { args: ['init', '-input=false', '-no-color'] },
      { args: ['workspace', 'list'], stdout: /^\* default$/m },
      {
        args: ['plan', '-input=false', '-no-color', '-detailed-exitcode', '-out', 'F', '-lock-timeout=3m'],
        code: 2,
        stdout: /OpenTofu will perform the following actions:/,
      },
      { args: ['show', '-no-color', '-json', 'F'], json: isPlan },
      { args: ['show', '-no-color', 'F'], stdout: /will perform the following actions:/ },
      {
        args: ['apply', '-lock-timeout=3m', '-input=false', '-no-color', '-auto-approve', 'F'],
        stdout: /(\d+) added, (\d+) changed, (\d+) destroyed/,
      },
    ],
  },
  {
    name: 'AFT',
    calledAs: 'terraform',
    files: { 'main.tf': main },
    calls: [
      { args: ['--version'], stdout: /^Terraform v/ },
      { args: ['init', '-no-color'] },
      { args: ['apply', '-no-color', '--auto-approve'] },
    ],
  },
  {
    name: 'Infracost',
    calledAs: 'terraform',
    files: { 'main.tf': main },
    calls: [
      { args: ['-version'], stdout: /^Terraform v/ },
      { args: ['init', '-input=false', '-no-color'] },
      { args: ['workspace', 'show'], stdout: 'default\n' },
      { args: ['plan', '-input=false', '-lock=false', '-no-color', '-out=F'] },
      {
        args: ['show', '-no-color', '-json', 'F'],
        json: (d: object) => expect(d).toMatchObject({ format_version: '1.2', planned_values: { root_module: expect.any(Object) } }),
      },
    ],
  },
  {
    name: 'cdktf-cli',
    calledAs: 'terraform',
    env: { TF_APPEND_USER_AGENT: 'cdktf/0.21.0 (+https://github.com/hashicorp/terraform-cdk)' },
    files: {
      'cdk.tf.json': JSON.stringify({
        '//': { metadata: { version: '0.21.0', stackName: 's', backend: 'local' }, outputs: { s: { o: 'o' } } },
        terraform: { backend: { local: { path: 'terraform.s.tfstate' } } },
        resource: { terraform_data: { x: { input: 'v' } } },
        output: { o: { value: '${terraform_data.x.output}' } },
      }),
    },
    calls: [
      { args: ['-v'], stdout: /Terraform v\d+\.\d+\.\d+/ },
      { args: ['version'], stdout: /\d+\.\d+\.\d+/ },
      { args: ['init', '-upgrade', '-no-color'] },
      { args: ['plan', '-input=false', '-out', 'plan', '-no-color', '-parallelism=10'] },
      {
        args: ['apply', '-no-color'],
        input: 'yes\n',
        stdout:
          /^Do you want to perform these actions\?$[\s\S]*Enter a value:[\s\S]*^terraform_data\.x: Creating\.\.\.$[\s\S]*^terraform_data\.x: Creation complete/m,
      },
      { args: ['output', '-json'], json: (d: object) => expect(d).toEqual({ o: { sensitive: false, type: 'string', value: 'v' } }) },
      { args: ['destroy', '-no-color'], input: 'no\n', code: 1, stdout: /^Do you really want to destroy all resources\?$/m },
      { args: ['destroy', '-auto-approve', '-no-color'], stdout: /^terraform_data\.x: Destruction complete/m },
      { args: ['validate', '-json'], json: (d: object) => expect(d).toMatchObject({ valid: true, error_count: 0, diagnostics: [] }) },
      { args: ['plan', '-input=false', '-lock=false'] },
    ],
  },
  {
    name: 'prompts for variables, and no prompts',
    calledAs: 'terraform',
    files: { 'main.tf': 'variable "region" {\n  description = "Where to."\n}\noutput "o" { value = var.region }\n' },
    calls: [
      { args: ['init'] },
      { args: ['plan', '-no-color'], input: 'here\n', stdout: /^var\.region\n {2}Where to\.\n\n {2}Enter a value: /m },
      {
        args: ['plan', '-no-color', '-input=false'],
        code: 1,
        stderr: /Error: No value for required variable[\s\S]*The root module input variable "region" is not set/,
      },
      { args: ['plan', '-no-color'], env: { TF_INPUT: '0' }, code: 1, stderr: /No value for required variable/ },
      { args: ['plan', '-no-color'], env: { TF_CLI_ARGS_plan: '-var region=x -detailed-exitcode' }, code: 2 },
      { args: ['plan'], env: { TF_CLI_ARGS: '-no-color', TF_VAR_region: 'x' }, stdout: /Changes to Outputs:/ },
    ],
  },
  {
    name: 'folders elsewhere',
    calledAs: 'terraform',
    env: { TF_DATA_DIR: 'data' },
    files: { 'sub/main.tf': main },
    calls: [
      { args: ['-chdir=sub', 'init'] },
      {
        args: ['-chdir=sub', 'workspace', 'new', 'other'],
        afterwards: (dir) =>
          expect([existsSync(join(dir, 'sub', 'data', 'environment')), existsSync(join(dir, 'sub', '.terraform'))]).toEqual([true, false]),
      },
      { args: ['-chdir=sub', 'workspace', 'select', 'default'] },
      {
        args: ['-chdir=sub', 'apply', '-auto-approve'],
        afterwards: (dir) => expect(existsSync(join(dir, 'sub', 'terraform.tfstate'))).toBe(true),
      },
      { args: ['-chdir=nowhere', 'plan'], code: 1, stderr: /Error handling -chdir option/ },
    ],
  },
  {
    name: 'terratest',
    calledAs: 'terraform',
    files: { 'main.tf': main },
    calls: [
      { args: ['init', '-upgrade=false'] },
      { args: ['get', '-update'] },
      { args: ['validate'], stdout: /Success!/ },
      { args: ['plan', '-input=false', '-lock=false', '-out=p', '-var', 'name=b'] },
      { args: ['show', '-no-color', '-json', 'p'], json: isPlan },
      { args: ['plan', '-input=false', '-detailed-exitcode', '-lock=false'], code: 2 },
      { args: ['apply', '-input=false', '-auto-approve', '-lock=false'], stdout: /Apply complete! Resources: 2 added/ },
      { args: ['plan', '-input=false', '-detailed-exitcode', '-lock=false'] },
      { args: ['output', '-no-color', '-json', 'name'], stdout: '"a"\n' },
      { args: ['output', '-no-color', '-json'], json: (d: object) => expect(d).toEqual(outputs) },
      { args: ['output', '-no-color', '-json', 'nothing'], code: 1, stderr: /Output "nothing" not found/ },
      { args: ['workspace', 'list'], stdout: '* default\n\n' },
      { args: ['workspace', 'select', 'w'], code: 1, stderr: /Workspace "w" doesn't exist/ },
      { args: ['workspace', 'new', 'w'] },
      { args: ['workspace', 'select', 'default'] },
      { args: ['workspace', 'delete', 'w'] },
      { args: ['destroy', '-auto-approve', '-input=false', '-lock=false'], stdout: /Destroy complete! Resources: 2 destroyed/ },
    ],
  },
  {
    name: 'tfmigrate',
    calledAs: 'terraform',
    files: {
      'main.tf': 'resource "terraform_data" "a" {\n  input = 1\n}\nresource "terraform_data" "b" {\n  input = 2\n}\n',
      'old.tfstate': JSON.stringify({
        version: 4,
        terraform_version: '1.11.4',
        serial: 3,
        lineage: 'L',
        outputs: {},
        resources: ['x', 'b'].map((name, i) => ({
          mode: 'managed',
          type: 'terraform_data',
          name,
          provider: 'provider["terraform.io/builtin/terraform"]',
          instances: [
            {
              schema_version: 0,
              attributes: {
                id: name,
                input: { value: i + 1, type: 'number' },
                output: { value: i + 1, type: 'number' },
                triggers_replace: null,
              },
            },
          ],
        })),
        check_results: null,
      }),
      '_tfmigrate_override.tf': 'terraform {\n  backend "local" {\n  }\n}\n',
    },
    calls: [
      { args: ['version'], stdout: /^Terraform v1\.11\.4\n/ },
      { args: ['init', '-input=false', '-no-color', '-reconfigure'] },
      { args: ['workspace', 'show'], stdout: 'default\n' },
      {
        args: ['state', 'mv', '-state=old.tfstate', '-backup=/dev/null', 'terraform_data.x', 'terraform_data.a'],
        stdout: /Successfully moved 1/,
      },
      { args: ['state', 'list', '-state=old.tfstate'], stdout: 'terraform_data.a\nterraform_data.b\n' },
      {
        args: ['plan', '-state=old.tfstate', '-out=p', '-input=false', '-no-color', '-detailed-exitcode'],
        // Not even as the user who may do anything is the device replaced by a file.
        afterwards: () => expect(statSync('/dev/null').isFile()).toBe(false),
      },
      {
        args: ['state', 'mv', '-state=old.tfstate', '-state-out=new.tfstate', '-backup=/dev/null', 'terraform_data.b', 'terraform_data.c'],
        afterwards: (dir) => expect(existsSync(join(dir, 'new.tfstate'))).toBe(true),
      },
      { args: ['plan', '-state=old.tfstate', '-input=false', '-no-color', '-detailed-exitcode'], code: 2 },
      { args: ['state', 'push', 'old.tfstate'] },
      { args: ['state', 'pull'], json: (d: { lineage: string }) => expect(d.lineage).toBe('L') },
    ],
  },
  {
    name: 'Terramate and env0',
    calledAs: 'terraform',
    files: { 'main.tf': main },
    calls: [
      { args: ['init', '-lock-timeout=5m'] },
      { args: ['workspace', 'select', '-or-create', 'env'] },
      { args: ['plan', '-out', 'p', '-detailed-exitcode', '-lock=false'], code: 2 },
      { args: ['show', '-json', 'p', '-no-color'], json: isPlan },
      { args: ['apply', '-input=false', '-auto-approve', '-lock-timeout=5m', 'p'], stdout: /Apply complete! Resources: 2 added/ },
      { args: ['apply', '-input=false', '-auto-approve', 'p'], code: 1, stderr: /Saved plan is stale/ },
      { args: ['output', '-json', '-no-color'], json: (d: object) => expect(d).toEqual(outputs) },
      { args: ['plan', '-refresh-only', '-input=false', '-detailed-exitcode', '-no-color'] },
      { args: ['workspace', 'select', '-or-create=true', 'default'] },
    ],
  },
  {
    name: 'pre-commit hooks',
    calledAs: 'terraform',
    files: { 'main.tf': main, 'bad.tf': 'locals {\n a=1\n}\n' },
    calls: [
      { args: ['fmt', '-check', '-diff'], code: 3, stdout: /^bad\.tf\n--- old\/bad\.tf\n\+\+\+ new\/bad\.tf\n/ },
      { args: ['fmt', 'bad.tf'], stdout: 'bad.tf\n' },
      { args: ['fmt', '-check', '-recursive'], stdout: '' },
      { args: ['init', '-backend=false'] },
      { args: ['validate', '-json', '-no-color'], json: (d: object) => expect(d).toMatchObject({ valid: true, diagnostics: [] }) },
      { args: ['providers'], stdout: /Providers required by configuration/ },
    ],
  },
]

let dir: string | undefined
afterEach(() => {
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true })
  dir = undefined
})

function matches(text: string, want: RegExp | string): void {
  if (typeof want === 'string') expect(text).toBe(want)
  else expect(text).toMatch(want)
}

describe.each(drivers)('$name', ({ calledAs = 'landform', env = {}, files, calls }) => {
  test('is answered as it expects', async () => {
    dir = mkdtempSync(join(tmpdir(), 'landform-drivers-'))
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true })
      writeFileSync(join(dir, name), text)
    }
    for (const call of calls) {
      const options: InProcessOptions = {
        environment: { ...env, ...call.env },
        name: calledAs,
        ...(call.input === undefined ? {} : { input: call.input }),
      }
      const got: InProcessOutcome = await runIn(dir, call.args, options)
      const told = `${call.args.join(' ')}: status ${got.code}\n${got.code === 1 && call.code !== 1 ? got.stdout + got.stderr : ''}`
      expect(told).toBe(`${call.args.join(' ')}: status ${call.code ?? 0}\n`)
      // Combined output is kept as a document by some: nothing but the answer may be in it.
      if (call.code !== 1) expect([call.args.join(' '), got.stderr]).toEqual([call.args.join(' '), ''])
      if (call.stdout !== undefined) matches(got.stdout, call.stdout)
      if (call.stderr !== undefined) matches(got.stderr, call.stderr)
      call.json?.(JSON.parse(got.stdout) as never)
      call.afterwards?.(dir)
    }
  })
})
