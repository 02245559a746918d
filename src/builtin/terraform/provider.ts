import { randomUUID } from 'node:crypto'
import {
  attributeStep,
  CtyError,
  dynamicType,
  jsonToValue,
  mapType,
  nullVal,
  objectOf,
  objectType,
  objectVal,
  rawEquals,
  refineNotNull,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../../cty/index.ts'
import type { Diagnosed } from '../../diags/index.ts'
import type {
  ApplyResourceRequest,
  ApplyResourceResponse,
  Diagnosis,
  MoveResourceRequest,
  MoveResourceResponse,
  PlanResourceRequest,
  PlanResourceResponse,
  Provider,
  ProviderFunction,
  ProviderSchema,
  ReadDataResponse,
} from '../../providers/index.ts'
import { storedToValue } from '../../providers/kit/stored.ts'
import { type BlockSchema, impliedType, type Schema } from '../../schema/index.ts'

function says(description: string): { readonly description: string; readonly descriptionKind: 'markdown' } {
  return { description, descriptionKind: 'markdown' }
}

const dataBlock: BlockSchema = {
  attributes: {
    id: { type: stringType, computed: true },
    input: { type: dynamicType, optional: true },
    output: { type: dynamicType, computed: true },
    triggers_replace: { type: dynamicType, optional: true },
  },
  blockTypes: {},
}

const remoteStateBlock: BlockSchema = {
  attributes: {
    backend: { type: stringType, required: true, ...says('The remote backend to use, e.g. `remote` or `http`.') },
    config: {
      type: dynamicType,
      optional: true,
      ...says(
        'The configuration of the remote backend. Although this is optional, most backends require some configuration.\n\nThe object can use any arguments that would be valid in the equivalent `terraform { backend "<TYPE>" { ... } }` block.',
      ),
    },
    defaults: {
      type: dynamicType,
      optional: true,
      ...says('Default values for outputs, in case the state file is empty or lacks a required output.'),
    },
    outputs: { type: dynamicType, computed: true, ...says('An object containing every root-level output in the remote state.') },
    workspace: { type: stringType, optional: true, ...says('The Terraform workspace to use, if the backend supports workspaces.') },
  },
  blockTypes: {},
}

export const terraformDataSchema: Schema = { version: 0, block: dataBlock }
const remoteStateSchema: Schema = { version: 0, block: remoteStateBlock }
const dataType = impliedType(dataBlock)

const functions: ReadonlyMap<string, ProviderFunction> = new Map([
  [
    'decode_tfvars',
    {
      parameters: [{ name: 'src', type: stringType }],
      returnType: dynamicType,
      summary: 'Parse a string containing syntax like that used in a `.tfvars` file',
      description:
        'A rarely-needed function which takes a string containing the content of a `.tfvars` file and returns an object describing the raw variable values it defines.',
    },
  ],
  [
    'encode_expr',
    {
      parameters: [{ name: 'value', type: dynamicType }],
      returnType: stringType,
      summary: 'Produce a string representation of an arbitrary value using Terraform expression syntax',
      description:
        'A rarely-needed function which takes any value and produces a string containing Terraform language expression syntax approximating that value.',
    },
  ],
  [
    'encode_tfvars',
    {
      parameters: [{ name: 'value', type: dynamicType }],
      returnType: stringType,
      summary: 'Produce a string representation of an object using the same syntax as for `.tfvars` files',
      description:
        'A rarely-needed function which takes an object value and produces a string containing a description of that object using the same syntax as Terraform CLI would expect in a `.tfvars`.',
    },
  ],
])

/** The schema of the provider that is part of the engine, `terraform.io/builtin/terraform`. */
export const terraformProviderSchema: ProviderSchema = {
  provider: { attributes: {}, blockTypes: {} },
  resource: (name) => (name === 'terraform_data' ? terraformDataSchema : undefined),
  dataSource: (name) => (name === 'terraform_remote_state' ? remoteStateSchema : undefined),
  resourceNames: () => ['terraform_data'],
  dataSourceNames: () => ['terraform_remote_state'],
  functions,
}

/** What `terraform_remote_state` asks for; `config` is wholly known, a null one has no arguments. */
export interface RemoteStateRequest {
  readonly backend: string
  readonly config: Value
  readonly workspace: string
  /** Of the data source, with the keys of instances. */
  readonly address?: string | undefined
}

/** Root output values by name; undefined when no state is stored there. */
export type RemoteStateReader = (
  request: RemoteStateRequest,
) => Promise<Diagnosed<ReadonlyMap<string, Value> | undefined> & Pick<ReadDataResponse, 'pending'>>

export interface TerraformProviderOptions {
  /** Where states of other configurations come from. Reading them is refused when not given. */
  readonly readState?: RemoteStateReader | undefined
  /** The arguments of a kind of backend, or undefined where there is none of this name; anything is taken when not given. */
  readonly backendArguments?: ((name: string) => readonly string[] | 'any' | undefined) | undefined
  /** Where ids come from; random UUIDs when not given. */
  readonly newId?: () => string
}

/**
 * The built-in provider: `terraform_data`, which only remembers what it is given. Plans and states are those of Terraform's own.
 */
export function terraformProvider(options: TerraformProviderOptions = {}): Provider {
  const newId = options.newId ?? randomUUID
  return {
    schema: () => terraformProviderSchema,
    validateProviderConfig: async () => nothing,
    validateResourceConfig: validateData,
    validateDataConfig: ({ typeName, config }) => {
      const known = knownType(terraformProviderSchema.dataSource(typeName), typeName)
      return known.diags.length > 0 ? known : checkRemoteState(config, options.backendArguments)
    },
    configure: async () => nothing,
    upgradeResourceState: ({ stored }) => storedToValue(stored, dataBlock),
    readResource: ({ prior, private: kept }) => ({ newState: prior, private: kept, ...nothing }),
    planResourceChange: planData,
    applyResourceChange: async (request) => applyData(request, newId),
    importResourceState: async ({ typeName, id }) => ({
      imported: [
        {
          typeName,
          state: objectVal({ id: stringVal(id), input: untypedNull, output: untypedNull, triggers_replace: untypedNull }, dataType),
          private: undefined,
        },
      ],
      ...nothing,
    }),
    moveResourceState: takeOver,
    readDataSource: ({ config, address }) => readRemoteState(config, address, options.readState),
    async callFunction({ name, args }) {
      const { callTerraformFunction } = await import('./functions.ts')
      return callTerraformFunction(name, args)
    },
    stop: async () => {},
    close: async () => {},
  }
}

const nothing = { diags: [] as const }

function knownType(schema: Schema | undefined, typeName: string): Diagnosis {
  if (schema !== undefined) return nothing
  return {
    diags: [{ severity: 'error', summary: 'Invalid type', detail: `The provider terraform.io/builtin/terraform has no type ${typeName}.` }],
  }
}

function checkRemoteState(config: Value, backendArguments: TerraformProviderOptions['backendArguments']): Diagnosis {
  const backend = config.getAttr('backend')
  if (!backend.hasContent || backendArguments === undefined) return nothing
  const invalid = (attribute: string, detail: string): Diagnosis => ({
    diags: [{ severity: 'error', summary: 'Invalid backend configuration', detail, attribute: [attributeStep(attribute)] }],
  })
  const name = backend.asString()
  const known = backendArguments(name)
  if (known === undefined) return invalid('backend', `There is no backend type named ${JSON.stringify(name)}.`)
  const given = config.getAttr('config')
  if (known === 'any' || !given.hasContent || (given.type.kind !== 'object' && given.type.kind !== 'map')) return nothing
  const unexpected = [...given.asMap().keys()].find((argument) => !known.includes(argument))
  if (unexpected === undefined) return nothing
  return invalid('config', `The given configuration is not valid for backend "${name}": unexpected attribute "${unexpected}".`)
}

/** Attributes that the provider decides may not be set. */
function validateData({ typeName, config }: { readonly typeName: string; readonly config: Value }): Diagnosis {
  const known = knownType(terraformProviderSchema.resource(typeName), typeName)
  if (known.diags.length > 0 || (config.getAttr('id').isNull && config.getAttr('output').isNull)) return known
  return {
    diags: ['id', 'output'].flatMap((name) =>
      config.getAttr(name).isNull
        ? []
        : [{ severity: 'error' as const, summary: `"${name}" attribute is read-only`, detail: '', attribute: [attributeStep(name)] }],
    ),
  }
}

const untypedNull = nullVal(dynamicType)

/** L-071: an object of `null_resource` is taken over, with what triggered its replacement. */
function takeOver({ sourceProvider, sourceTypeName, sourceStored }: MoveResourceRequest): MoveResourceResponse {
  const refused = (summary: string, detail: string): MoveResourceResponse => ({
    value: nullVal(dataType),
    private: undefined,
    diags: [{ severity: 'error', summary, detail }],
  })
  if (!sourceProvider.endsWith('/hashicorp/null')) {
    return refused(
      'Unsupported source provider for move operation',
      'Only moving from the official hashicorp/null provider to terraform_data is supported.',
    )
  }
  if (sourceTypeName !== 'null_resource') {
    return refused(
      'Unsupported source resource type for move operation',
      'Only moving from the null_resource managed resource type to terraform_data is supported.',
    )
  }
  try {
    const source = jsonToValue(sourceStored.json, nullResourceType)
    const triggers = source.getAttr('triggers')
    const value = objectVal({
      id: source.getAttr('id'),
      input: untypedNull,
      output: untypedNull,
      triggers_replace: triggers.isNull ? untypedNull : objectVal(triggers.asMap()),
    })
    return { value, private: undefined, ...nothing }
  } catch (error) {
    if (!(error instanceof CtyError)) throw error
    return refused('Stored object cannot be read', error.message)
  }
}

const nullResourceType = objectType([
  ['id', stringType],
  ['triggers', mapType(stringType)],
] as const)

/** The root output values of another configuration, with defaults for those it does not have. */
async function readRemoteState(config: Value, address: string | undefined, read: RemoteStateReader | undefined): Promise<ReadDataResponse> {
  const problem = (summary: string, detail: string): ReadDataResponse => ({
    value: config,
    diags: [{ severity: 'error', summary, detail }],
  })
  if (read === undefined)
    return problem('Remote states cannot be read', 'There is nowhere to read states of other configurations from here.')
  const workspace = config.getAttr('workspace')
  const defaults = config.getAttr('defaults')
  const found = await read({
    backend: config.getAttr('backend').asString(),
    config: config.getAttr('config'),
    workspace: workspace.isNull ? 'default' : workspace.asString(),
    address,
  })
  if (found.diags.some((d) => d.severity === 'error')) return { value: config, diags: found.diags }
  if (found.value === undefined) {
    return problem('Unable to find remote state', 'No stored state was found for the given workspace in the given backend.')
  }
  const outputs = new Map<string, Value>()
  if (defaults.hasContent && (defaults.type.kind === 'object' || defaults.type.kind === 'map')) {
    for (const [name, value] of defaults.asMap()) outputs.set(name, value)
  }
  for (const [name, value] of found.value) outputs.set(name, value)
  const value = objectVal(new Map([...config.asMap(), ['outputs', objectVal(outputs)]]))
  return { value, pending: found.pending, diags: found.diags }
}

/** The output is what the input will be: it changes whenever the input does, and is not known before apply. */
const dataNames = ['id', 'input', 'output', 'triggers_replace']
const newIdentity = refineNotNull(unknownVal(stringType))

function planData({ prior, proposed, priorPrivate }: PlanResourceRequest): PlanResourceResponse {
  if (proposed.isNull) return { planned: proposed, requiresReplace: [], plannedPrivate: priorPrivate, ...nothing }
  const input = proposed.getAttr('input')
  const trigger = proposed.getAttr('triggers_replace')
  // Anything that is not null has an output that is not known before apply, of the same type.
  const output = unknownVal(input.type)
  const answer = (changed: { readonly id?: Value; readonly output?: Value }, replace: boolean): PlanResourceResponse => ({
    planned: objectOf(dataNames, [changed.id ?? proposed.getAttr('id'), input, changed.output ?? proposed.getAttr('output'), trigger]),
    requiresReplace: replace ? [[{ kind: 'attribute', name: 'triggers_replace' }]] : [],
    plannedPrivate: priorPrivate,
    ...nothing,
  })
  if (prior.isNull) return answer({ id: newIdentity, output: input.isNull ? nullVal(input.type) : output }, false)
  if (!rawEquals(prior.getAttr('triggers_replace'), trigger)) {
    return answer({ id: newIdentity, output: input.isNull ? untypedNull : output }, true)
  }
  if (!rawEquals(prior.getAttr('input'), input)) return answer({ output }, false)
  // Nothing changes: the very object that was there is quickest to compare.
  return { planned: prior, requiresReplace: [], plannedPrivate: priorPrivate, ...nothing }
}

function applyData({ planned, plannedPrivate }: ApplyResourceRequest, newId: () => string): ApplyResourceResponse {
  if (planned.isNull) return { newState: planned, private: plannedPrivate, ...nothing }
  const id = planned.getAttr('id')
  const output = planned.getAttr('output')
  const newState = objectVal({
    id: id.isKnown ? id : stringVal(newId()),
    input: planned.getAttr('input'),
    output: output.isKnown ? output : planned.getAttr('input'),
    triggers_replace: planned.getAttr('triggers_replace'),
  })
  return { newState, private: plannedPrivate, ...nothing }
}
