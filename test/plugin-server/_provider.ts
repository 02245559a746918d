import { randomProvider } from '../../src/builtin/random/index.ts'
import { serveProvider } from '../../src/plugin-server/index.ts'
import {
  attributeStep,
  type BlockSchema,
  indexStep,
  intVal,
  nullVal,
  objectVal,
  type Provider,
  storedToValue,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../../src/providers/authoring.ts'

/*
 * The program that the tests start: a provider that has everything the protocol knows, and answers with what it was asked.
 */

const text = { type: stringType, optional: true }

const provider: BlockSchema = { attributes: { greeting: text }, blockTypes: {} }
const plain: BlockSchema = {
  attributes: {
    id: { type: stringType, computed: true },
    name: { type: stringType, required: true },
    secret: { ...text, writeOnly: true },
    note: { ...text, computed: true },
  },
  blockTypes: { part: { nesting: 'list', block: { attributes: { size: text }, blockTypes: {} }, maxItems: 3 } },
}
const nested: BlockSchema = {
  attributes: {
    id: { type: stringType, computed: true },
    inner: { nestedType: { nesting: 'list', attributes: { size: text } }, optional: true },
  },
  blockTypes: {},
}
const lookup: BlockSchema = {
  attributes: { key: { type: stringType, required: true }, value: { type: stringType, computed: true } },
  blockTypes: {},
}
const token: BlockSchema = {
  attributes: { name: { type: stringType, required: true }, value: { type: stringType, computed: true, sensitive: true } },
  blockTypes: {},
}
const meta: BlockSchema = { attributes: { team: text }, blockTypes: {} }

function sample(withNested: boolean): Provider {
  const resources: Record<string, BlockSchema> = { sample_thing: plain, ...(withNested ? { sample_nested: nested } : {}) }
  const schemas = new Map(Object.entries(resources).map(([name, block]) => [name, { version: 1, block }]))
  const [data, ephemeral] = [
    { version: 0, block: lookup },
    { version: 0, block: token },
  ]
  let greeting = 'unconfigured'
  let version = ''
  const known = (found: unknown, typeName: string) =>
    found === undefined ? { diags: [{ severity: 'error' as const, summary: 'Invalid type', detail: `There is no ${typeName}.` }] } : nothing
  const remember = (word: string, earlier: Uint8Array | undefined): Uint8Array =>
    Buffer.concat([earlier ?? Buffer.alloc(0), Buffer.from(`${word};`)])
  const identityOf = (value: Value): Value | undefined =>
    value.isNull || !value.getAttr('id').isKnown ? undefined : objectVal({ id: value.getAttr('id') })
  const withId = (value: Value, id: Value): Value => objectVal(new Map([...value.asMap(), ['id', id]]))
  return {
    schema: () => ({
      provider,
      resource: (name) => schemas.get(name),
      dataSource: (name) => (name === 'sample_lookup' ? data : undefined),
      resourceNames: () => [...schemas.keys()],
      dataSourceNames: () => ['sample_lookup'],
      ephemeralResource: (name) => (name === 'sample_token' ? ephemeral : undefined),
      ephemeralResourceNames: () => ['sample_token'],
      identity: (name) =>
        name === 'sample_thing'
          ? { version: 2, attributes: { id: { type: stringType, requiredForImport: true, description: 'what it is' } } }
          : undefined,
      functions: new Map([
        [
          'join',
          {
            parameters: [{ name: 'by', type: stringType, allowNull: true }],
            variadicParameter: { name: 'words', type: stringType },
            returnType: stringType,
            summary: 'Joins',
            description: 'Joins words',
            descriptionKind: 'markdown' as const,
          },
        ],
      ]),
      providerMeta: meta,
      planDestroy: true,
    }),
    validateProviderConfig: async () => nothing,
    validateResourceConfig: ({ typeName, config }) => {
      const checked = known(schemas.get(typeName), typeName)
      if (
        checked.diags.length > 0 ||
        typeName !== 'sample_thing' ||
        !config.getAttr('name').hasContent ||
        config.getAttr('name').asString() !== 'bad'
      )
        return checked
      return {
        diags: [
          {
            severity: 'warning',
            summary: 'Bad name',
            detail: 'It is bad.',
            attribute: [attributeStep('part'), indexStep(intVal(1)), attributeStep('size')],
          },
        ],
      }
    },
    validateDataConfig: ({ typeName }) => known(typeName === 'sample_lookup' ? data : undefined, typeName),
    configure: async ({ config, terraformVersion }) => {
      greeting = config.getAttr('greeting').isNull ? 'none' : config.getAttr('greeting').asString()
      version = terraformVersion
      console.log('configured')
      return nothing
    },
    upgradeResourceState: ({ typeName, stored }) => storedToValue(stored.json, schemas.get(typeName)!.block),
    upgradeResourceIdentity: ({ stored }) => ({
      identity: objectVal({ id: stringVal((JSON.parse(stored.json) as { was: string }).was) }),
      ...nothing,
    }),
    readResource: ({ prior, private: kept, providerMeta, identity }) => {
      if (prior.getAttr('id').asString() === 'gone') return { newState: nullVal(prior.type), private: undefined, ...nothing }
      const team = providerMeta?.getAttr('team')
      return {
        newState: prior,
        private: remember(`read by ${team?.isNull === false ? team.asString() : 'nobody'}`, kept),
        identity: identity ?? identityOf(prior),
        ...nothing,
      }
    },
    planResourceChange: ({ prior, proposed, priorPrivate, typeName }) => {
      if (proposed.isNull)
        return { planned: proposed, requiresReplace: [], plannedPrivate: remember('plan destroy', priorPrivate), ...nothing }
      const replace =
        typeName === 'sample_thing' && !prior.isNull ? [[attributeStep('name')], [attributeStep('part'), indexStep(intVal(0))]] : []
      const planned = proposed.getAttr('id').isNull ? withId(proposed, prior.isNull ? unknownText : prior.getAttr('id')) : proposed
      return { planned, requiresReplace: replace, plannedPrivate: remember('plan', priorPrivate), ...nothing }
    },
    applyResourceChange: async ({ planned, config, plannedPrivate, typeName }) => {
      if (planned.isNull) return { newState: planned, private: undefined, ...nothing }
      const newState = planned.getAttr('id').isKnown ? planned : withId(planned, stringVal('made'))
      const secret = typeName === 'sample_thing' && config.getAttr('secret').hasContent ? ' with a secret' : ''
      const identity = typeName === 'sample_thing' ? identityOf(newState) : undefined
      return { newState, private: remember(`apply ${greeting} ${version}${secret}`, plannedPrivate), identity, ...nothing }
    },
    importResourceState: async ({ typeName, id, identity }) => {
      const name = identity === undefined ? id : identity.getAttr('id').asString()
      const { value } = storedToValue(JSON.stringify({ id: name, name }), schemas.get(typeName)!.block)
      return {
        imported: [{ typeName, state: value, private: Buffer.from('imported'), identity: objectVal({ id: stringVal(name) }) }],
        ...nothing,
      }
    },
    moveResourceState: ({ sourceProvider, sourceTypeName, sourceStored, targetTypeName }) => {
      const { id } = JSON.parse(sourceStored.json) as { id: string }
      const { value } = storedToValue(
        JSON.stringify({ id, name: `${sourceProvider} ${sourceTypeName}` }),
        schemas.get(targetTypeName)!.block,
      )
      return { value, private: Buffer.from('moved'), ...nothing }
    },
    readDataSource: async ({ config }) => {
      if (config.getAttr('key').asString() === 'throw') throw new Error('thrown on purpose')
      return {
        value: objectVal(new Map([...config.asMap(), ['value', stringVal(`${greeting} ${config.getAttr('key').asString()}`)]])),
        ...nothing,
      }
    },
    validateEphemeralConfig: ({ config }) =>
      config.getAttr('name').isKnown ? nothing : { diags: [{ severity: 'warning', summary: 'Unknown', detail: '' }] },
    openEphemeralResource: async ({ config }) => ({
      value: objectVal(new Map([...config.asMap(), ['value', stringVal('token')]])),
      private: Buffer.from('opened'),
      renewAt: new Date('2030-01-02T03:04:05.678Z'),
      ...nothing,
    }),
    renewEphemeralResource: async ({ private: kept }) => ({ private: remember('renewed', kept), renewAt: undefined, ...nothing }),
    closeEphemeralResource: async ({ private: kept }) => ({
      diags: [{ severity: 'warning', summary: 'Closed', detail: Buffer.from(kept ?? []).toString() }],
    }),
    callFunction: ({ args }) => {
      const [by, ...words] = args
      if (by!.isNull) return { error: { text: 'cannot join by nothing', argument: 0 } }
      return { result: stringVal(words.map((word) => word.asString()).join(by!.asString())) }
    },
    stop: async () => {
      greeting = 'stopped'
    },
    close: async () => {},
  }
}

const nothing = { diags: [] as const }
const unknownText = unknownVal(stringType)

const kind = process.env.SERVE ?? 'sample'
void serveProvider({
  provider: () => (kind === 'random' ? randomProvider() : sample(kind !== 'flat')),
  protocols: process.env.PROTOCOL === undefined ? undefined : [Number(process.env.PROTOCOL) as 5 | 6],
  debug: process.env.DEBUG_PROVIDER !== undefined,
  source: 'registry.terraform.io/acme/sample',
}).then((code) => process.exit(code))
