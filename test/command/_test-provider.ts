import { attributeStep, jsonToValue, objectVal, stringType, stringVal, unknownVal, type Value } from '../../src/cty/index.ts'
import type { ProviderFactories } from '../../src/engine/index.ts'
import type { Provider, ProviderSchema } from '../../src/providers/index.ts'
import { type BlockSchema, impliedType, type Schema } from '../../src/schema/index.ts'

const instanceBlock: BlockSchema = {
  attributes: { id: { type: stringType, optional: true, computed: true }, ami: { type: stringType, optional: true } },
  blockTypes: {},
}
const instanceSchema: Schema = { version: 0, block: instanceBlock }
const providerBlock: BlockSchema = { attributes: { region: { type: stringType, optional: true } }, blockTypes: {} }

const schema: ProviderSchema = {
  provider: providerBlock,
  resource: (name) => (name === 'test_instance' ? instanceSchema : undefined),
  dataSource: () => undefined,
  resourceNames: () => ['test_instance'],
  dataSourceNames: () => [],
}

function withAttribute(object: Value, name: string, value: Value): Value {
  return objectVal(new Map([...object.asMap(), [name, value]]))
}

/** The provider "test" as the README of the conformance data describes it. */
function testProvider(): Provider {
  const nothing = { diags: [] }
  return {
    schema: () => schema,
    validateProviderConfig: async () => nothing,
    validateResourceConfig: () => nothing,
    validateDataConfig: () => nothing,
    configure: async () => nothing,
    upgradeResourceState: ({ stored }) => ({ value: jsonToValue(stored.json, impliedType(instanceBlock)), diags: [] }),
    readResource({ prior, private: bytes }) {
      const ami = prior.getAttr('ami')
      const refreshed = ami.payload === 'refresh-me' ? withAttribute(prior, 'ami', stringVal('refreshed')) : prior
      return { newState: refreshed, private: bytes, diags: [] }
    },
    planResourceChange({ proposed, prior }) {
      if (proposed.isNull) return { planned: proposed, requiresReplace: [], plannedPrivate: undefined, diags: [] }
      const planned = proposed.getAttr('id').isNull ? withAttribute(proposed, 'id', unknownVal(stringType)) : proposed
      const forced = proposed.getAttr('ami').payload === 'force-replace' && !prior.isNull
      return { planned, requiresReplace: forced ? [[attributeStep('ami')]] : [], plannedPrivate: undefined, diags: [] }
    },
    async applyResourceChange({ planned }) {
      const unknown = !planned.isNull && !planned.getAttr('id').isKnown
      return { newState: unknown ? withAttribute(planned, 'id', stringVal('placeholder')) : planned, private: undefined, diags: [] }
    },
    importResourceState: async () => ({ imported: [], diags: [] }),
    readDataSource: async ({ config }) => ({ value: config, diags: [] }),
    stop: async () => {},
    close: async () => {},
  }
}

export const testProviders: ProviderFactories = {
  open: (source) => (source.type === 'test' ? testProvider() : undefined),
  schemaOf: (source) => (source.type === 'test' ? schema : undefined),
}
