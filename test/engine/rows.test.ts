import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/**
 * Which test shows each row of the feature matrix (`reference/engine-features.md`) that is about planning and applying: file and a part of
 * the test's name. A sentence instead says why there is none.
 */
type Proof = readonly (readonly [file: string, title: string])[] | string

const engine = (file: string, ...titles: string[]): readonly [string, string][] => titles.map((t) => [`engine/${file}.test.ts`, t])
const semantics = (...titles: string[]): readonly [string, string][] => titles.map((t) => ['e2e/terraform-semantics.long.test.ts', t])
const rules = (...titles: string[]): readonly [string, string][] => titles.map((t) => ['e2e/provider-rules.long.test.ts', t])
const later = 'Terraform has it since after 1.11; a message says that it is not supported (docs/compatibility.md).'

const rows: Readonly<Record<string, Proof>> = {
  // Whole plan
  'P-01': [
    ...engine('plan', '%s are reported and evaluate nothing'),
    ...engine('lifecycle', 'keeps objects, through chains and into modules'),
  ],
  'P-02': engine('lifecycle', 'shows drift, and plans what went missing again', 'upgrades what an older schema version stored'),
  'P-03': engine('steps', 'holds what was found, and is not applied'),
  'P-04': engine('plan', 'a replacement that lacks the key'),
  'P-05': [
    ...semantics('destruction plans what there would be first', 'validation and preconditions in modules'),
    ...engine('lifecycle', 'of everything leaves an empty state'),
  ],
  'P-06': engine('steps', 'changes no object, whatever the configuration says, and records what was found'),
  'P-07': semantics('relevant attributes', 'conditions, checks and what becomes of them'),
  // One managed instance
  'P-10': [
    ...engine('steps', 'are served by the configuration that the state names, which must still be there'),
    ...engine('provider-instances', 'serves each instance by the one that its key names, from creation to destruction'),
  ],
  'P-11': engine('steps', '%s is an error with its place'),
  'P-12': [
    ...engine('identity', 'finds the object'),
    ...semantics('imports, then nothing, then destruction'),
    ...rules('import of nothing'),
  ],
  'P-13': engine('lifecycle', 'upgrades what an older schema version stored'),
  'P-14': semantics('create_before_destroy is recorded for the instances that need it'),
  'P-15': [
    ...rules('read unknown', 'read nothing', 'read write-only'),
    ...engine('lifecycle', 'shows drift, and plans what went missing again'),
  ],
  'P-16': semantics('replace_triggered_by'),
  'P-17': [...engine('apply', 'hold before and after, and later too'), ...semantics('conditions that cannot be decided')],
  'P-18': engine('provider-diagnostics', 'by plan, when more is known'),
  'P-19': engine('steps', 'a tainted object is planned once, as a new one'),
  'P-20': [...engine('apply', 'ignore_changes keeps what is there, of maps single elements'), ...semantics('ignore_changes')],
  'P-21': [['plans/objchange/objchange.test.ts', 'proposedNew']],
  'P-22': [
    ...engine('steps', 'a replacement is planned twice: against the object, then for the new one with the configuration as written'),
    ...engine('identity', 'tells the provider of each module what it says of itself'),
  ],
  'P-23': [
    ['plans/objchange/objchange.test.ts', 'assertPlanValid'],
    ...rules('plan other value', 'plan more blocks', 'plan write-only', 'old sdk'),
  ],
  'P-24': engine('steps', 'has ignore_changes applied to what it plans as well'),
  'P-25': [...engine('steps', 'replaces only where one of the paths that it names has changed'), ...rules('plan no such path')],
  'P-26': engine(
    'lifecycle',
    'is done on request, for triggers, and for tainted objects',
    'destroys dependents first, then creates in order',
  ),
  'P-27': engine('steps', 'a replacement is planned twice: against the object, then for the new one with the configuration as written'),
  'P-28': engine('apply', 'that become so are an update without a call'),
  'P-29': later,
  'P-30': engine('apply', 'prevent_destroy shows the plan and refuses it'),
  'P-31': engine('lifecycle', 'is done on request, for triggers, and for tainted objects'),
  // Other kinds
  'P-40': [
    ...engine(
      'lifecycle',
      'a module instance less',
      'decides whether there is an object; without one the resource is null',
      'with destroy = false forgets',
    ),
    ...engine('steps', 'that are gone already are only taken out of the state'),
  ],
  'P-41': engine('lifecycle', 'of a deposed object that is left over is planned on its own'),
  'P-42': engine('lifecycle', 'are read at once, or when what they need is there'),
  'P-43': [['plans/relevant.test.ts', 'relevantDrift'], ...semantics('relevant attributes')],
  'P-44': engine('apply', 'are not let out of the root module by accident'),
  'P-45': engine('steps', 'are those of the worst object: failed, in error, unknown, passed'),
  // Apply
  'P-50': [
    ['workdir/workdir.test.ts', 'checkSameSelections'],
    ['e2e/lifecycle.test.ts', 'a saved plan is refused once the state has changed'],
    ['e2e/lifecycle.test.ts', 'a saved plan does what was planned, whatever the files say now'],
    ['workdir/workdir.test.ts', 'checkNotStale'],
    ['engine/ephemeral.test.ts', 'an ephemeral variable that was given to a plan must be given to its apply'],
  ],
  'P-51': [...engine('steps', 'apply plans again with what is known by then'), ...rules('final plan other value', 'final plan replace')],
  'P-52': rules(
    'apply null',
    'apply unknown',
    'apply other value',
    'apply error with half',
    'apply error with nothing',
    'destroy keeps object',
  ),
  'P-53': [
    ...engine('steps', 'an update that fails leaves the status as it was, and what the provider says there is'),
    ...engine('lifecycle', 'that fails to create puts the old object back', 'of a tainted object follows a creation that failed half way'),
  ],
  'P-54': [...semantics('local-exec that keeps an object'), ...rules('destroy error', 'destroy error with nothing')],
  'P-55': engine('apply', 'hold before and after, and later too'),
  'P-56': [
    ...engine(
      'lifecycle',
      'destroys dependents first, then creates in order',
      'with create_before_destroy spreads to dependencies, and dependents update in between',
      'follows recorded dependencies when the configuration is gone',
    ),
    ...semantics('create_before_destroy spreads through modules'),
  ],
  'P-57': engine('steps', 'keep back what depends on them, and nothing else'),
  'P-58': [
    ['workdir/workdir.test.ts', 'writes from time to time, after an interrupt for every change, and the last state always'],
    ['workdir/workdir.test.ts', 'a state that cannot be written is saved beside the configuration'],
  ],
  'P-59': [
    ...engine('apply', 'ends after running operations when stopped, with everything recorded'),
    ['e2e/interrupts.test.ts', 'the first ends the run when what is under way has ended'],
    ['e2e/interrupts.test.ts', 'the second does not wait'],
  ],
  'P-60': engine('apply', 'is bounded by parallelism and used up to it'),
  'P-61': [
    ...engine(
      'plan',
      'take what they depend on with them, and say so',
      'are applied as they were planned',
      'must cover both ends of a move',
    ),
    ...semantics('a replaced dependency of a target', 'a dependency of a target that others replace first'),
  ],
  'P-62': [['e2e/lifecycle.test.ts', 'apply goes ahead only after yes']],
  'P-63': [
    ...engine('apply', 'a provider is configured with what other resources give'),
    ...engine('ephemeral', 'serve provider configurations as long as anything needs the provider'),
    ...engine('provider-functions', 'decide about repetition and arguments, in every phase, and are asked once for the same'),
  ],
  'P-64': [
    ['plugin/plugin.test.ts', 'an object that is gone, one of the old SDK, one that is put off'],
    ['plugin/plugin.test.ts', 'the whole life of an object'],
  ],
  // Files and modules
  'L-001': [
    ['config/load.test.ts', 'which files make a module'],
    ['config/load.test.ts', 'blocks of every kind, native and JSON alike'],
    ['config/files-and-modules.test.ts', 'positions that take a reference in quotes'],
  ],
  'L-002': [
    ['config/load.test.ts', "['tofu', ['a.tofu', 'b.tofu'"],
    ['testing/schedule.test.ts', 'the dialect decides between files of one name'],
  ],
  'L-003': [
    ['config/override.test.ts', 'resources: arguments, blocks of a type, dynamic blocks, lifecycle, repetition, provider, provisioners'],
    ['config/override.test.ts', 'locals, outputs, module calls'],
    ['config/override.test.ts', 'terraform: backend, required providers and versions'],
  ],
  'L-004': [
    ['config/load.test.ts', 'an unsupported version is all that is said about a module'],
    ['config/files-and-modules.test.ts', "describe('required_version'"],
  ],
  'L-005': [['config/files-and-modules.test.ts', "describe('language'"]],
  'L-006': [
    ['config/files-and-modules.test.ts', "describe('required_providers'"],
    ['config/load.test.ts', 'requirements of the whole tree'],
  ],
  'L-007': [['config/files-and-modules.test.ts', "describe('blocks of the root module'"]],
  'L-008': [['encryption/encryption.test.ts', 'are stored in an envelope and read back']],
  'L-009': later,
  'L-010': [['config/files-and-modules.test.ts', 'experiments of Terraform are refused']],
  'L-011': [
    ['config/load.test.ts', "describe('module sources'"],
    ['registry/modules.test.ts', 'addresses, as terraform 1.11.4 writes them into modules.json'],
    ['registry/modules.test.ts', 'a module must not leave its package'],
  ],
  'L-012': [
    ['registry/lock-file.test.ts', 'what is read and written again is the same text'],
    ['workdir/workdir.test.ts', 'checkSameSelections'],
  ],
  // Language that acts at plan or apply
  'L-020': engine('lifecycle', 'changes nothing'),
  'L-021': engine('lifecycle', 'are read at once, or when what they need is there'),
  'L-022': engine(
    'ephemeral',
    'are opened in plan and in apply, and closed after their last use',
    'wait for apply when their configuration is not known, or what they depend on will change',
  ),
  'L-023': engine('plan', 'only seen while planning'),
  'L-024': semantics('a number of instances that is not known'),
  'L-025': semantics('a number of instances that is not known'),
  'L-026': engine(
    'lifecycle',
    'decides whether there is an object; without one the resource is null',
    'takes the object of count 1 over',
    'must be known: %s is refused',
  ),
  'L-027': engine(
    'provider-instances',
    'serves each instance by the one that its key names, from creation to destruction',
    '%s is an error',
  ),
  'L-028': engine('steps', 'wait for what depends_on names, in their own module call and in those around it'),
  'L-029': engine('lifecycle', 'with create_before_destroy spreads to dependencies, and dependents update in between'),
  'L-030': engine('apply', 'prevent_destroy shows the plan and refuses it'),
  'L-031': engine('apply', 'ignore_changes keeps what is there, of maps single elements'),
  'L-032': semantics('replace_triggered_by'),
  'L-033': engine('apply', 'hold before and after, and later too', 'of checks are warnings, of variables and outputs errors'),
  'L-034': [...engine('forget', "describe('lifecycle.destroy = false'"), ['config/additions.test.ts', "describe('destroy of lifecycle'"]],
  'L-035': later,
  'L-036': [
    ...semantics('local-exec when created and destroyed', 'local-exec that fails taints', 'local-exec beside create_before_destroy'),
    ...engine('apply', 'of a provisioner are those of its resource with its own arguments over them'),
    ['builtin/provisioners.test.ts', 'runs lines as one script and tells what they say'],
  ],
  'L-037': [['schema/decode.test.ts', "describe('dynamic blocks'"]],
  'L-038': [
    ['schema/decode.test.ts', "describe('nested blocks'"],
    ['schema/decode.test.ts', "describe('attributes of nested type'"],
    ['schema/decode.test.ts', "describe('attributes written as blocks'"],
    ['schema/decode.test.ts', 'not when the schema shows that it is not of the old SDK'],
  ],
  'L-039': [...engine('ephemeral', '%s'), ...rules('plan write-only', 'apply write-only')],
  'L-040': engine('identity', 'is planned, recorded, handed to the provider and kept', 'changes with a replacement'),
  // In Terraform 1.11 the providers say so themselves.
  'L-041': [['e2e/old-syntax.test.ts', 'Argument is deprecated']],
  'L-050': [['e2e/terraform-moves.long.test.ts', 'moduleInstance'], ...engine('lifecycle', 'moves whole modules with their keys')],
  'L-051': engine('provider-instances', 'is chosen by module calls, through as many as there are'),
  'L-052': later,
  'L-053': engine('apply', 'a provider is configured with what other resources give'),
  'L-054': [
    ...engine(
      'provider-instances',
      'may be made from what other resources give',
      'whose instance is gone cannot destroy what that has made',
    ),
    ['config/additions.test.ts', 'a resource with the instances of its provider'],
  ],
  'L-055': engine('provider-functions', 'decide about repetition and arguments, in every phase, and are asked once for the same'),
  'L-056': semantics('validation and preconditions in modules'),
  'L-057': engine('ephemeral', 'an ephemeral variable that was given to a plan must be given to its apply'),
  'L-058': [
    ['command/deprecations.test.ts', 'a deprecated variable that is given and a deprecated output that is used'],
    ['command/deprecations.test.ts', '-deprecation=module:local leaves out modules from elsewhere'],
  ],
  'L-059': [['config/additions.test.ts', "'not constant'"]],
  'L-060': engine('steps', 'may look at other objects, and waits until they are known'),
  'L-061': [...engine('ephemeral', '%s'), ...engine('apply', 'are not let out of the root module by accident')],
  'L-062': later,
  'L-063': engine('plan', '%s are reported and evaluate nothing'),
  'L-064': [
    ['config/variables.test.ts', "describe('sources, the last one counts'"],
    ['config/variables.test.ts', "describe('text is read as the type wants it'"],
    ['config/variables.test.ts', "describe('problems'"],
  ],
  'L-065': [
    ['config/additions.test.ts', "describe('sources and versions of modules'"],
    ['config/additions.test.ts', 'that is there for a while only'],
    ['config/additions.test.ts', 'a backend is handed on with values in place of names'],
  ],
  'L-070': [
    ...engine('lifecycle', 'keeps objects, through chains and into modules', 'are refused'),
    ['e2e/terraform-moves.long.test.ts', 'moved and removed as terraform does them'],
  ],
  'L-071': engine('identity', 'are made by the provider of the new type', 'that the provider refuses fail'),
  'L-072': [['e2e/terraform-moves.long.test.ts', 'toCount'], ...engine('lifecycle', 'takes the object of count 1 over')],
  'L-073': [...engine('lifecycle', 'with destroy = false forgets'), ...semantics('local-exec of a removed block')],
  'L-074': semantics('imports, then nothing, then destruction', 'imports that are refused'),
  'L-075': engine('identity', 'finds the object'),
  'L-076': engine('generate-config', 'is written, planned with, and applied'),
  'L-077': [...engine('apply', 'of checks are warnings, of variables and outputs errors'), ...semantics('data sources of checks')],
  'L-078': later,
  'L-079': later,
  'L-080': later,
  'L-081': later,
  'L-082': [['builtin/terraform-data.test.ts', 'is replaced when its triggers change']],
  'L-083': semantics('remote states'),
  'L-090': engine('ephemeral', '%s'),
  'L-091': engine('ephemeral', 'whether this is an apply'),
  'L-092': engine('ephemeral', '%s'),
  'L-093': engine(
    'ephemeral',
    'that fail keep back what uses them, and nothing else',
    'are renewed in time, with what was last said of them',
  ),
}

/** Where the two dialects answer differently (section 1.9 of the matrix). */
const dialects: Readonly<Record<string, Proof>> = {
  'default registry host': [
    ['config/files-and-modules.test.ts', "describe('required_providers'"],
    ['command/dialect.test.ts', 'words, symbols, registry, and a state that either goes on with'],
  ],
  '`removed` default': [
    ['config/files-and-modules.test.ts', 'a removed block that does not say whether to destroy'],
    ['command/dialect.test.ts', 'a removed block forgets unless it says otherwise'],
  ],
  '`const` default': [['config/additions.test.ts', "'not constant'"]],
  '`lifecycle.destroy=false` on replace': engine('forget', "describe('lifecycle.destroy = false'"),
  'backend/encryption expressions': [['config/additions.test.ts', 'a backend is handed on with values in place of names']],
  'import in child modules': [['config/files-and-modules.test.ts', 'an import block in a called module is refused by %s']],
  '`.tofu`, `enabled`, provider for_each, `language`, encryption': [
    ['config/load.test.ts', "['tofu', ['a.tofu', 'b.tofu'"],
    ['config/additions.test.ts', "describe('repetition'"],
    ['config/files-and-modules.test.ts', "describe('language'"],
  ],
  'actions, list/query, output type, state_store, stacks, deferral': later,
  'UI stream `@module`, version key': [['command/dialect.test.ts', "describe('started as tofu'"]],
  'ephemeral stream types': [['command/dialect.test.ts', "describe('ephemeral resources in streams'"]],
  'UTF tables': 'Those of Node, which are newer than those of either tool.',
}

const tests = fileURLToPath(new URL('..', import.meta.url))

describe('rows of the feature matrix', () => {
  test.each(Object.entries({ ...rows, ...dialects }).filter(([, proof]) => typeof proof !== 'string'))(
    '%s is shown by tests that are there',
    (_, proof) => {
      const missing = (proof as Exclude<Proof, string>).filter(([file, title]) => {
        const path = join(tests, file)
        return !existsSync(path) || !readFileSync(path, 'utf8').includes(title)
      })
      expect(missing).toEqual([])
    },
  )

  const matrix = join(tests, '../../shared/reference/engine-features.md')
  test.skipIf(!existsSync(matrix))('all are there (skipped without the reference)', () => {
    const text = readFileSync(matrix, 'utf8')
    const part = (from: string, to: string): string => text.slice(text.indexOf(from), text.indexOf(to))
    const wanted = [...part('## 6. ', '## 7. ').matchAll(/\bP-\d\d\b/g), ...part('### 1.1', '### 1.9').matchAll(/\bL-\d\d\d\b/g)].map(
      ([row]) => row,
    )
    expect(Object.keys(rows).sort()).toEqual([...new Set(wanted)].sort())
    const topics = [...part('### 1.9', '## 2. ').matchAll(/^\| (.+?) \|/gm)].map(([, topic]) => topic!).filter((t) => t !== 'Topic')
    expect(Object.keys(dialects).sort()).toEqual(topics.sort())
  })
})
