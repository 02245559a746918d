import {
  type LocalProviderConfig,
  localProviderConfigFromTraversal,
  parseReference,
  type Referenceable,
  referenceableToString,
  targetFromTraversal,
  targetToString,
} from '../addrs/index.ts'
import {
  type CheckRule,
  decodeCheckRule,
  decodeProviderConfig,
  type FileSystem,
  type PassedProvider,
  parseModuleSource,
} from '../config/index.ts'
import { boolType, CtyError, convert, stringType, type Value } from '../cty/index.ts'
import { Diagnostics, formatRange, Source, type SourceRange } from '../diags/index.ts'
import {
  type Attribute,
  type Block,
  type BodyContent,
  type BodySchema,
  bodyContent,
  type Expr,
  evaluate,
  exprList,
  exprMap,
  exprToTraversal,
  justAttributes,
  keywordOf,
  literalString,
  parseHcl,
  parseJsonBody,
  type Traversal,
  traversalToString,
} from '../hcl/index.ts'
import type { ExpectedFailure, MockedType, MockProvider, Override, TestFile, TestModule, TestProvider, TestRun } from './test-file.ts'

const overrideBlocks = ['override_resource', 'override_data', 'override_module'].map((type) => ({ type, labelNames: [] as string[] }))

const fileSchema: BodySchema = {
  attributes: [],
  blocks: [
    { type: 'run', labelNames: ['name'] },
    { type: 'provider', labelNames: ['name'] },
    { type: 'mock_provider', labelNames: ['name'] },
    { type: 'variables', labelNames: [] },
    { type: 'test', labelNames: [] },
    ...overrideBlocks,
  ],
}

const runSchema: BodySchema = {
  attributes: ['command', 'providers', 'expect_failures', 'state_key', 'parallel'].map((name) => ({ name })),
  blocks: [...['plan_options', 'assert', 'variables', 'module'].map((type) => ({ type, labelNames: [] as string[] })), ...overrideBlocks],
}

const optionsSchema: BodySchema = { attributes: ['mode', 'refresh', 'replace', 'target'].map((name) => ({ name })), blocks: [] }
const moduleSchema: BodySchema = { attributes: [{ name: 'source', required: true }, { name: 'version' }], blocks: [] }
const testSchema: BodySchema = { attributes: [{ name: 'parallel' }], blocks: [] }
const mockSchema: BodySchema = {
  attributes: ['alias', 'source', 'override_during'].map((name) => ({ name })),
  blocks: [{ type: 'mock_resource', labelNames: ['type'] }, { type: 'mock_data', labelNames: ['type'] }, ...overrideBlocks],
}
const mockFileSchema: BodySchema = { attributes: [], blocks: mockSchema.blocks }
const mockedSchema: BodySchema = { attributes: [{ name: 'defaults' }, { name: 'override_during' }], blocks: [] }

const badName = 'A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes.'

/** Reads a test file; `oneOfName`: several runs of one name are an error. With errors it holds what could be understood. */
export function parseTestFile(name: string, files: FileSystem, oneOfName: boolean, diags: Diagnostics): TestFile {
  const body = readBody(name, files, diags)
  const content = bodyContent(body, fileSchema, diags)
  const runs: TestRun[] = []
  const providers = new Map<string, TestProvider>()
  const overrides: Override[] = []
  let variables: ReadonlyMap<string, Attribute> = new Map()
  let variablesRange: SourceRange | undefined
  const test = content.blocks.find((block) => block.type === 'test')
  const parallel =
    test === undefined ? false : (literalBool(bodyContent(test.body, testSchema, diags).attributes.get('parallel'), diags) ?? false)
  const places = new Map<string, SourceRange>()
  const addProvider = (key: string, provider: TestProvider, block: Block): void => {
    const earlier = places.get(key)
    if (earlier !== undefined) {
      diags.error('Duplicate provider block', `A provider for ${key} is already defined at ${formatRange(earlier)}.`, {
        subject: block.headerRange,
      })
    }
    places.set(key, block.labelRanges[0] ?? block.headerRange)
    providers.set(key, provider)
  }
  for (const block of content.blocks) {
    switch (block.type) {
      case 'run':
        if (oneOfName) reportTwin(runs, block, diags)
        runs.push(decodeRun(block, parallel, diags))
        break
      case 'provider': {
        const { config } = decodeProviderConfig(block, diags)
        addProvider(providerKey(config), { kind: 'real', config }, block)
        break
      }
      case 'mock_provider': {
        const mock = decodeMock(block, files, diags)
        addProvider(providerKey(mock.name), mock, block)
        break
      }
      case 'variables':
        if (variablesRange !== undefined) reportMore('variables', 'This test file', variablesRange, block, diags)
        variablesRange ??= block.headerRange
        variables = new Map([...variables, ...justAttributes(block.body, diags)])
        break
      case 'test':
        break
      default: {
        const override = decodeOverride(block, diags)
        if (override !== undefined) addOverride(overrides, override, diags)
      }
    }
  }
  return { name, runs, variables, providers, overrides }
}

function reportTwin(runs: readonly TestRun[], { labels: [name], headerRange }: Block, diags: Diagnostics): void {
  const earlier = runs.find((run) => run.name === name)
  if (earlier === undefined) return
  const detail = `This test file already has a run named ${name} block defined at ${formatRange(earlier.range)}.`
  diags.error('Duplicate "run" block names', detail, { subject: headerRange })
}

/** `aws`, or `aws.west`. */
export function providerKey(name: LocalProviderConfig): string {
  return name.alias === undefined ? name.localName : `${name.localName}.${name.alias}`
}

function readBody(name: string, files: FileSystem, diags: Diagnostics) {
  const text = files.readFile(name)
  const source = new Source(name, text ?? '')
  if (text === undefined) diags.error('Failed to read file', `The file "${name}" could not be read.`)
  return name.endsWith('.json') && text !== undefined ? parseJsonBody(source, diags) : parseHcl(source, diags).body
}

function decodeRun(block: Block, parallelByDefault: boolean, diags: Diagnostics): TestRun {
  const name = block.labels[0]!
  if (!/^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(name)) diags.error('Invalid run block name', badName, { subject: block.labelRanges[0] })
  const content = bodyContent(block.body, runSchema, diags)
  const { attributes } = content
  const single = (type: string): Block | undefined => singleBlock(content, type, diags)
  const options = decodeOptions(single('plan_options'), diags)
  const variables = single('variables')
  const module = single('module')
  const stateKey = attributes.get('state_key')
  const asserts: CheckRule[] = []
  const overrides: Override[] = []
  for (const inner of content.blocks) {
    if (inner.type === 'assert') {
      const rule = decodeCheckRule(inner, 'assert', diags)
      if (rule !== undefined) asserts.push(rule)
    } else if (inner.type.startsWith('override_')) {
      const override = decodeOverride(inner, diags)
      if (override !== undefined) addOverride(overrides, override, diags)
    }
  }
  const providers = attributes.get('providers')
  return {
    name,
    command: decodeCommand(attributes.get('command'), diags),
    ...options,
    variables: variables === undefined ? new Map() : justAttributes(variables.body, diags),
    module: module && decodeModule(module, diags),
    providers: providers && decodeProviders(providers.expr, diags),
    asserts,
    expectFailures: decodeExpected(attributes.get('expect_failures'), diags),
    overrides,
    stateKey: stateKey && literalText(stateKey, diags),
    parallel: literalBool(attributes.get('parallel'), diags) ?? parallelByDefault,
    range: block.headerRange,
  }
}

function singleBlock(content: BodyContent, type: string, diags: Diagnostics): Block | undefined {
  const [first, ...more] = content.blocks.filter((block) => block.type === type)
  for (const block of more) reportMore(type, 'This run block', first!.headerRange, block, diags)
  return first
}

function reportMore(type: string, where: string, first: SourceRange, block: Block, diags: Diagnostics): void {
  diags.error(`Multiple "${type}" blocks`, `${where} already has a ${type} block defined at ${formatRange(first)}.`, {
    subject: block.headerRange,
  })
}

function decodeCommand(attribute: Attribute | undefined, diags: Diagnostics): TestRun['command'] {
  if (attribute === undefined) return 'apply'
  const word = keywordOf(attribute.expr)
  if (word === 'plan' || word === 'apply') return word
  diags.error('Invalid "command" keyword', 'The "command" argument requires one of the following keywords without quotes: apply or plan.', {
    subject: attribute.expr.range,
  })
  return 'apply'
}

function decodeOptions(block: Block | undefined, diags: Diagnostics): Pick<TestRun, 'mode' | 'refresh' | 'targets' | 'replace'> {
  if (block === undefined) return { mode: 'normal', refresh: true, targets: [], replace: [] }
  const { attributes } = bodyContent(block.body, optionsSchema, diags)
  const mode = attributes.get('mode')
  const word = mode && keywordOf(mode.expr)
  if (mode !== undefined && word !== 'normal' && word !== 'refresh-only') {
    diags.error(
      'Invalid "mode" keyword',
      'The "mode" argument requires one of the following keywords without quotes: normal or refresh-only',
      { subject: mode.expr.range },
    )
  }
  const refresh = attributes.get('refresh')
  const refreshOnly = word === 'refresh-only'
  const wanted = literalBool(refresh, diags) ?? true
  if (refreshOnly && !wanted) {
    diags.error('Incompatible plan options', 'The "refresh" option cannot be set to false when running a test in "refresh-only" mode.', {
      subject: refresh!.range,
    })
  }
  return {
    mode: refreshOnly ? 'refreshOnly' : 'normal',
    refresh: wanted,
    targets: addressList(attributes.get('target'), diags),
    replace: addressList(attributes.get('replace'), diags),
  }
}

function addressList(attribute: Attribute | undefined, diags: Diagnostics): readonly string[] {
  if (attribute === undefined) return []
  return exprList(attribute.expr, diags).flatMap((expr) => {
    const traversal = reference(expr, diags)
    return traversal === undefined ? [] : [traversalToString(traversal)]
  })
}

/** A reference; in quotes it is taken with a warning. */
function reference(expr: Expr, diags: Diagnostics): Traversal | undefined {
  const text = expr.kind === 'template' ? literalString(expr) : undefined
  if (text === undefined) return exprToTraversal(expr, diags)
  diags.warning(
    'Quoted references are deprecated',
    'In this context, references are expected literally rather than in quotes. Terraform 0.11 and earlier required quotes, but quoted references are now deprecated and will be removed in a future version of Terraform. Remove the quotes surrounding this reference to silence this warning.',
    { subject: expr.range },
  )
  return exprToTraversal({ kind: 'jsonString', text, range: expr.range, template: () => ({ expr, diags: [] }) }, diags)
}

function decodeModule(block: Block, diags: Diagnostics): TestModule | undefined {
  const { attributes } = bodyContent(block.body, moduleSchema, diags)
  const source = attributes.get('source')
  const version = attributes.get('version')
  const text = source && literalText(source, diags)
  if (source === undefined || text === undefined) return undefined
  const parsed = parseModuleSource(text, version !== undefined)
  if ('summary' in parsed) {
    diags.error(parsed.summary, parsed.detail, { subject: source.range })
    return undefined
  }
  return { source: text, version: version && literalText(version, diags), range: block.headerRange, sourceRange: source.expr.range }
}

function decodeProviders(expr: Expr, diags: Diagnostics): readonly PassedProvider[] {
  return exprMap(expr, diags).flatMap(({ key, value }) => {
    const inChild = localProvider(key, diags)
    const inParent = localProvider(value, diags)
    if (inChild === undefined || inParent === undefined) return []
    const name = exprToTraversal(value, new Diagnostics())?.rootRange
    return [{ inChild, inParent, key: undefined, inChildRange: key.range, range: name ?? value.range }]
  })
}

function localProvider(expr: Expr, diags: Diagnostics): LocalProviderConfig | undefined {
  // A name alone is a text where it is a key.
  const word = keywordOf(expr) ?? literalString(expr)
  if (word !== undefined) return { localName: word, alias: undefined }
  const traversal = exprToTraversal(expr, diags)
  return traversal && localProviderConfigFromTraversal(traversal, diags)
}

function decodeExpected(attribute: Attribute | undefined, diags: Diagnostics): readonly ExpectedFailure[] {
  if (attribute === undefined) return []
  return exprList(attribute.expr, diags).flatMap((expr): readonly ExpectedFailure[] => {
    const traversal = reference(expr, diags)
    if (traversal === undefined) return []
    const named = parseReference(traversal, new Diagnostics())
    const text = named === undefined ? traversalToString(traversal) : referenceableToString(named.subject)
    const address = checkableAddress(traversal)
    if (address !== undefined) return [{ text: address, address, range: expr.range }]
    return [{ text, address, range: named?.range ?? expr.range }]
  })
}

const checkableKinds: ReadonlySet<Referenceable['kind']> = new Set(['variable', 'resource', 'resourceInstance'])

function checkableAddress(traversal: Traversal): string | undefined {
  const { root, steps } = traversal
  if (root === 'check' || root === 'output') {
    const [step] = steps
    return steps.length === 1 && step?.kind === 'attr' ? `${root}.${step.name}` : undefined
  }
  const found = parseReference(traversal, new Diagnostics())
  if (found === undefined || found.remaining.length > 0 || !checkableKinds.has(found.subject.kind)) return undefined
  return referenceableToString(found.subject)
}

const overrideNouns = {
  resource: ['resources', 'override_resource'],
  data: ['data sources', 'override_data'],
  module: ['modules', 'override_module'],
} as const

function decodeOverride(block: Block, diags: Diagnostics): Override | undefined {
  const kind = block.type.slice('override_'.length) as Override['kind']
  const member = kind === 'module' ? 'outputs' : 'values'
  const schema: BodySchema = { attributes: ['target', member, 'override_during'].map((name) => ({ name })), blocks: [] }
  const { attributes } = bodyContent(block.body, schema, diags)
  const target = attributes.get('target')
  if (target === undefined) {
    diags.error(`Missing target attribute`, `${block.type} blocks must specify a target address.`, { subject: block.headerRange })
    return undefined
  }
  const traversal = reference(target.expr, diags)
  if (traversal === undefined) return undefined
  const own = new Diagnostics()
  const address = targetFromTraversal(traversal, own)
  const isModule = address?.kind === 'module'
  const mode = address !== undefined && address.kind !== 'module' ? address.resource.mode : undefined
  const fits = kind === 'module' ? isModule : mode === (kind === 'data' ? 'data' : 'managed')
  if (!fits) {
    diags.addAll(own.items)
    if (!own.hasErrors) {
      const [nouns, type] = overrideNouns[kind]
      diags.error('Invalid override target', `You can only target ${nouns} from ${type} blocks, not ${traversalToString(traversal)}.`, {
        subject: traversal.range,
      })
    }
    return undefined
  }
  const values = attributes.get(member)
  if (values !== undefined) checkObject(values, kind, member, diags)
  return {
    kind,
    target: address!,
    values,
    duringPlan: decodeDuring(attributes, diags),
    range: block.headerRange,
    targetRange: target.range,
  }
}

/** Of what is written as a literal; what else it may be is found out when it is used. */
function checkObject(attribute: Attribute, kind: Override['kind'], member: string, diags: Diagnostics): void {
  const { expr } = attribute
  if (expr.kind !== 'template' && expr.kind !== 'literal') return
  const detail = `override_${kind} blocks must specify ${member === 'outputs' ? 'an outputs' : 'a values'} attribute that is an object.`
  diags.error(`Invalid ${member} attribute`, detail, { subject: attribute.range })
}

function addOverride(overrides: Override[], override: Override, diags: Diagnostics): void {
  const text = targetToString(override.target)
  const earlier = overrides.find((o) => targetToString(o.target) === text)
  if (earlier !== undefined) {
    diags.error(
      `Duplicate override_${override.kind} block`,
      `An override_${override.kind} block targeting ${text} has already been defined at ${formatRange(earlier.range)}.`,
      { subject: override.range },
    )
  }
  overrides.push(override)
}

/** `override_during = plan`: made up while planning already. */
function decodeDuring(attributes: ReadonlyMap<string, Attribute>, diags: Diagnostics): boolean | undefined {
  const attribute = attributes.get('override_during')
  if (attribute === undefined) return undefined
  const word = keywordOf(attribute.expr)
  if (word !== 'plan' && word !== 'apply') {
    diags.error('Invalid override_during value', 'The override_during attribute must be a value of plan or apply.', {
      subject: attribute.range,
    })
  }
  return word === 'plan'
}

function decodeMock(block: Block, files: FileSystem, diags: Diagnostics): MockProvider {
  const content = bodyContent(block.body, mockSchema, diags)
  const alias = literalText(content.attributes.get('alias'), diags)
  const mock = { resources: new Map<string, MockedType>(), dataSources: new Map<string, MockedType>(), overrides: [] as Override[] }
  const source = literalText(content.attributes.get('source'), diags)
  if (source !== undefined) {
    for (const body of mockFiles(source, files, block.headerRange, diags)) {
      addMockBlocks(mock, bodyContent(body, mockFileSchema, diags).blocks, true, diags)
    }
  }
  // What the test file says itself wins over what it brings in.
  addMockBlocks(mock, content.blocks, false, diags)
  return {
    kind: 'mock',
    name: { localName: block.labels[0]!, alias },
    ...mock,
    duringPlan: decodeDuring(content.attributes, diags) ?? false,
    range: block.headerRange,
  }
}

function mockFiles(source: string, files: FileSystem, subject: SourceRange, diags: Diagnostics) {
  const dir = source.replace(/\/$/, '')
  const names = files.readDir(dir)
  if (names === undefined) {
    diags.error('Failed to read mock data directory', `Mock data directory ${source} does not exist or cannot be read.`, { subject })
    return []
  }
  const chosen = names.filter((name) => /\.tfmock\.(hcl|json)$/.test(name)).sort()
  return chosen.map((name) => readBody(`${dir}/${name}`, files, diags))
}

function addMockBlocks(
  mock: { resources: Map<string, MockedType>; dataSources: Map<string, MockedType>; overrides: Override[] },
  blocks: readonly Block[],
  imported: boolean,
  diags: Diagnostics,
): void {
  const seen = new Map<string, SourceRange>()
  for (const block of blocks) {
    if (block.type.startsWith('override_')) {
      const override = decodeOverride(block, diags)
      if (override !== undefined) mock.overrides.push(override)
      continue
    }
    const [type] = block.labels as readonly [string]
    const { attributes } = bodyContent(block.body, mockedSchema, diags)
    const key = `${block.type} ${type}`
    const earlier = seen.get(key)
    if (earlier !== undefined && !imported) {
      diags.error(
        `Duplicate ${block.type} block`,
        `A ${block.type} block for ${type} has already been defined at ${formatRange(earlier)}.`,
        {
          subject: block.labelRanges[0],
        },
      )
    }
    seen.set(key, block.headerRange)
    const target = block.type === 'mock_resource' ? mock.resources : mock.dataSources
    target.set(type, {
      type,
      defaults: attributes.get('defaults'),
      duringPlan: decodeDuring(attributes, diags),
      range: block.headerRange,
    })
  }
}

function literal(attribute: Attribute | undefined, type: typeof stringType, diags: Diagnostics): Value | undefined {
  if (attribute === undefined) return undefined
  const own = new Diagnostics()
  const value = evaluate(attribute.expr, undefined, own)
  diags.addAll(own.items)
  if (own.hasErrors) {
    diags.error('Unsuitable value type', 'Unsuitable value: value must be known', { subject: attribute.expr.range })
    return undefined
  }
  try {
    const converted = convert(value, type)
    if (converted.hasContent) return converted
  } catch (error) {
    if (!(error instanceof CtyError)) throw error
    diags.error('Unsuitable value type', `Unsuitable value: ${error.message}`, { subject: attribute.expr.range })
    return undefined
  }
  diags.error('Unsuitable value type', 'Unsuitable value: value must be known and not null', { subject: attribute.expr.range })
  return undefined
}

function literalText(attribute: Attribute | undefined, diags: Diagnostics): string | undefined {
  return literal(attribute, stringType, diags)?.asString()
}

function literalBool(attribute: Attribute | undefined, diags: Diagnostics): boolean | undefined {
  return literal(attribute, boolType as typeof stringType, diags)?.asBool()
}
