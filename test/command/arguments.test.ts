import { describe, expect, test } from 'vitest'
import { parseBool, parseDurationMs, parseFlags } from '../../src/command/arguments/flags.ts'
import { parseGlobal } from '../../src/command/arguments/global.ts'
import { parseApplyArguments, parsePlanArguments } from '../../src/command/arguments/operation.ts'
import { splitWords } from '../../src/command/arguments/words.ts'

describe('parseFlags', () => {
  const specs = { out: { kind: 'string' }, lock: { kind: 'bool' }, n: { kind: 'int' }, wait: { kind: 'durationMs' } } as const
  test.each([
    [['-out=x', '-lock'], { out: 'x', lock: true }, []],
    [['--out', 'x', '--lock=false'], { out: 'x', lock: false }, []],
    [['-out='], { out: '' }, []],
    [['a', '-lock', 'b'], { lock: true }, ['a', 'b']],
    [['-lock', '--', '-out=x'], { lock: true }, ['-out=x']],
    [['-'], {}, ['-']],
    [['-out', '-lock'], { out: '-lock' }, []],
    [['-n=3', '-wait=1m30s'], { n: 3, wait: 90_000 }, []],
    [['-out=a=b'], { out: 'a=b' }, []],
  ])('%j', (args, flags, positional) => {
    const parsed = parseFlags(args, specs)
    expect(parsed.diags).toEqual([])
    expect(Object.fromEntries(parsed.given.map((g) => [g.name, g.value]))).toEqual(flags)
    expect(parsed.positional).toEqual(positional)
  })

  test.each([
    [['-x'], 'flag provided but not defined: -x'],
    [['-constructor'], 'flag provided but not defined: -constructor'],
    [['-out'], 'flag needs an argument: -out'],
    [['-lock=perhaps'], 'invalid boolean value "perhaps" for -lock: parse error'],
    [['-n=many'], 'invalid value "many" for flag -n: parse error'],
  ])('%j is refused', (args, detail) => {
    expect(parseFlags(args, specs).diags).toEqual([{ severity: 'error', summary: 'Failed to parse command-line flags', detail }])
  })
})

test.each([
  ['0', 0],
  ['10s', 10_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['250ms', 250],
  ['-1s', -1000],
  ['10', undefined],
  ['s', undefined],
  ['', undefined],
])('parseDurationMs(%j)', (text, want) => {
  expect(parseDurationMs(text)).toBe(want)
})

test('parseBool knows the spellings of Go', () => {
  for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True']) expect(parseBool(text)).toBe(true)
  for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'False']) expect(parseBool(text)).toBe(false)
  for (const text of ['yes', '', 'tRUE']) expect(parseBool(text)).toBeUndefined()
})

test.each([
  ['a b', ['a', 'b']],
  ['  a\t b\n', ['a', 'b']],
  ['-var "x=a b" -no-color', ['-var', 'x=a b', '-no-color']],
  ['-var \'x={"k": 1}\'', ['-var', 'x={"k": 1}']],
  ['a\\ b "c\\"d" e""f', ['a b', 'c"d', 'ef']],
  ['""', ['']],
  ['"open', undefined],
  ['', []],
])('splitWords(%j)', (text, want) => {
  expect(splitWords(text)).toEqual(want)
})

describe('parseGlobal', () => {
  const known = new Set(['plan', 'state list'])
  const groups = new Set(['state'])
  const parse = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => parseGlobal(argv, env, known, groups)

  test('finds the command and what follows', () => {
    expect(parse(['-chdir=x', 'plan', '-out=p'])).toMatchObject({ command: ['plan'], args: ['-out=p'], chdir: 'x', diags: [] })
    expect(parse(['state', 'list', 'a.b'])).toMatchObject({ command: ['state', 'list'], args: ['a.b'] })
    expect(parse(['state', 'nope'])).toMatchObject({ command: ['state'], args: ['nope'] })
    expect(parse(['--version'])).toMatchObject({ command: [], version: true })
    expect(parse(['-chdir', 'x', 'plan']).diags).toHaveLength(1)
  })

  test('puts arguments of the environment before those of the user, the special ones first', () => {
    const env = { TF_CLI_ARGS: '-a', TF_CLI_ARGS_plan: '-b "c d"', TF_CLI_ARGS_state_list: '-e' }
    expect(parse(['plan', '-u'], env).args).toEqual(['-b', 'c d', '-a', '-u'])
    expect(parse(['state', 'list', '-u'], env).args).toEqual(['-e', '-a', '-u'])
    expect(parse(['plan'], { TF_CLI_ARGS: '"' }).diags).toHaveLength(1)
  })
})

describe('arguments of plan and apply', () => {
  test('variables keep their order', () => {
    const { value, diags } = parsePlanArguments(['-var=a=1', '-var-file', 'f', '-var', 'a=2'])
    expect(diags).toEqual([])
    expect(value.operation.variables).toEqual([
      { kind: 'var', value: 'a=1' },
      { kind: 'file', value: 'f' },
      { kind: 'var', value: 'a=2' },
    ])
  })

  test('what terraform-exec sends', () => {
    const { value, diags } = parsePlanArguments(
      '-no-color -input=false -detailed-exitcode -lock-timeout=0s -lock=true -parallelism=10 -refresh=true -out=p -target=a.b -replace=a.c'.split(
        ' ',
      ),
    )
    expect(diags).toEqual([])
    expect(value).toMatchObject({
      detailedExitCode: true,
      outPath: 'p',
      input: false,
      view: { colour: false },
      operation: { mode: 'normal', targets: ['a.b'], forceReplace: ['a.c'] },
    })
  })

  test.each([
    [['-destroy', '-refresh-only'], 'Incompatible plan mode options'],
    [['-refresh-only', '-refresh=false'], 'Incompatible refresh options'],
    [['-destroy', '-replace=a.b'], 'Unsupported plan mode'],
    [['-refresh-only', '-replace=a.b'], 'Unsupported plan mode'],
    [['-parallelism=-1'], 'Invalid parallelism value'],
    [['-target=bogus..x'], 'Invalid target "bogus..x"'],
    [['-target='], 'Invalid target ""'],
    [['-target=a.b', '-target=a'], 'Invalid target "a"'],
    [['-exclude=module'], 'Invalid exclude "module"'],
    [['-replace=module.x'], 'Invalid force-replace address "module.x"'],
    [['-replace=data.x.y'], 'Invalid force-replace address "data.x.y"'],
    [['folder'], 'Too many command line arguments'],
  ])('plan %j is refused', (args, summary) => {
    expect(parsePlanArguments(args).diags.map((d) => d.summary)).toEqual([summary])
  })

  test.each([
    ['bogus..x', 'Dot must be followed by attribute name.'],
    ['module', 'Prefix "module." must be followed by a module name.'],
    ['data.x', 'Resource specification must include a resource type and name.'],
    ['a.b.c', 'Resource instance key must be given in square brackets.'],
    ['a.b[x]', 'Index brackets must contain either a literal number or a literal string.'],
    ['', 'Must begin with a variable name.'],
  ])('what is wrong with the target %j', (text, detail) => {
    expect(parsePlanArguments([`-target=${text}`]).diags.map((d) => d.detail)).toEqual([detail])
  })

  test('a parallelism of zero is that without the option', () => {
    expect(parsePlanArguments(['-parallelism=0'])).toMatchObject({ value: { operation: { parallelism: 10 } }, diags: [] })
  })

  test('apply with a saved plan', () => {
    expect(parseApplyArguments(['-auto-approve', 'p'], false)).toMatchObject({ value: { planPath: 'p', autoApprove: true }, diags: [] })
    // As in Terraform they have no effect.
    expect(parseApplyArguments(['-target=a.b', '-destroy', '-refresh=false', 'p'], false)).toMatchObject({
      value: { planPath: 'p' },
      diags: [],
    })
    expect(parseApplyArguments(['-json'], false).diags.map((d) => d.summary)).toEqual(['Plan file or auto-approve required'])
    expect(parseApplyArguments(['p'], true)).toMatchObject({ value: { planPath: 'p' }, diags: [] })
    expect(parseApplyArguments(['p', 'q'], true).diags.map((d) => d.summary)).toEqual(['Too many command line arguments'])
    expect(parseApplyArguments([], true).value.operation.mode).toBe('destroy')
  })
})
