import { randomUUID } from 'node:crypto'
import {
  CtyError,
  dynamicType,
  jsonToValue,
  nullVal,
  objectVal,
  rawEquals,
  refineNotNull,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../../cty/index.ts'
import type { Diagnostic } from '../../diags/index.ts'
import type {
  ApplyResourceRequest,
  ApplyResourceResponse,
  Diagnosis,
  PlanResourceRequest,
  PlanResourceResponse,
  Provider,
  ProviderSchema,
} from '../../providers/index.ts'
import { type BlockSchema, impliedType, type Schema } from '../../schema/index.ts'

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
    backend: { type: stringType, required: true },
    config: { type: dynamicType, optional: true },
    defaults: { type: dynamicType, optional: true },
    outputs: { type: dynamicType, computed: true },
    workspace: { type: stringType, optional: true },
  },
  blockTypes: {},
}

export const terraformDataSchema: Schema = { version: 0, block: dataBlock }
const remoteStateSchema: Schema = { version: 0, block: remoteStateBlock }
const dataType = impliedType(dataBlock)

/** The schema of the provider that is part of the engine, `terraform.io/builtin/terraform`. */
export const terraformProviderSchema: ProviderSchema = {
  provider: { attributes: {}, blockTypes: {} },
  resource: (name) => (name === 'terraform_data' ? terraformDataSchema : undefined),
  dataSource: (name) => (name === 'terraform_remote_state' ? remoteStateSchema : undefined),
  resourceNames: () => ['terraform_data'],
  dataSourceNames: () => ['terraform_remote_state'],
}

export interface TerraformProviderOptions {
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
    validateResourceConfig: ({ typeName }) => knownType(terraformProviderSchema.resource(typeName), typeName),
    validateDataConfig: ({ typeName }) => knownType(terraformProviderSchema.dataSource(typeName), typeName),
    configure: async () => nothing,
    upgradeResourceState: ({ stored }) => upgradeData(stored.json),
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
    readDataSource: async ({ config }) => ({ value: config, diags: [remoteStateUnsupported] }),
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

function upgradeData(json: string): { value: Value } & Diagnosis {
  try {
    return { value: jsonToValue(json, dataType), ...nothing }
  } catch (error) {
    if (!(error instanceof CtyError)) throw error
    return { value: nullVal(dataType), diags: [{ severity: 'error', summary: 'Stored object cannot be read', detail: error.message }] }
  }
}
const untypedNull = nullVal(dynamicType)

const remoteStateUnsupported: Diagnostic = {
  severity: 'error',
  summary: 'Remote state data sources are not supported yet',
  detail: 'Landform does not support the data source terraform_remote_state yet.',
}

/** The output is what the input will be: it changes whenever the input does, and is not known before apply. */
function planData({ prior, proposed, priorPrivate }: PlanResourceRequest): PlanResourceResponse {
  if (proposed.isNull) return { planned: proposed, requiresReplace: [], plannedPrivate: priorPrivate, ...nothing }
  const input = proposed.getAttr('input')
  const trigger = proposed.getAttr('triggers_replace')
  // Anything that is not null has an output that is not known before apply, of the same type.
  const output = unknownVal(input.type)
  const answer = (changed: Readonly<Record<string, Value>>, replace: boolean): PlanResourceResponse => ({
    planned: objectVal({ id: proposed.getAttr('id'), input, output: proposed.getAttr('output'), triggers_replace: trigger, ...changed }),
    requiresReplace: replace ? [[{ kind: 'attribute', name: 'triggers_replace' }]] : [],
    plannedPrivate: priorPrivate,
    ...nothing,
  })
  const newIdentity = refineNotNull(unknownVal(stringType))
  if (prior.isNull) return answer({ id: newIdentity, output: input.isNull ? nullVal(input.type) : output }, false)
  if (!rawEquals(prior.getAttr('triggers_replace'), trigger)) {
    return answer({ id: newIdentity, output: input.isNull ? untypedNull : output }, true)
  }
  if (!rawEquals(prior.getAttr('input'), input)) return answer({ output }, false)
  return answer({}, false)
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
