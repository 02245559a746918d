import { describe, expect, test } from 'vitest'
import {
  boolVal,
  conforms,
  jsonToValue,
  numberVal,
  objectVal,
  parseNumeric,
  stringVal,
  type Type,
  unknownAsNull,
  unknownVal,
  type Value,
  valueToJson,
} from '../../../src/cty/index.ts'
import { assertPlanValid, proposedNew } from '../../../src/plans/objchange/index.ts'
import type { Provider } from '../../../src/providers/index.ts'
import {
  type AttributeSchema,
  attributeType,
  type BlockSchema,
  emptyBlockValue,
  impliedType,
  nullOf,
  validateSchema,
} from '../../../src/schema/index.ts'

export interface ContractOptions {
  /** A fresh provider without configuration. */
  readonly open: () => Provider
  /**
   * Arguments by `TYPE.NAME` that neither change a plan nor are refused, and `data.TYPE` for data sources whose required arguments are not
   * enough, and why that is right.
   */
  readonly exceptions?: Readonly<Record<string, string>>
}

/** What every provider promises, whoever wrote it; run without a service behind it. */
export function providerContract(name: string, { open, exceptions = {} }: ContractOptions): void {
  describe(`the contract of providers: ${name}`, () => {
    const schema = open().schema()

    test('the schemas are whole', () => {
      expect(validateSchema(schema.provider)).toEqual([])
      for (const kind of ['resource', 'dataSource'] as const) {
        const names = kind === 'resource' ? schema.resourceNames() : schema.dataSourceNames()
        expect(new Set(names).size).toBe(names.length)
        for (const typeName of names) {
          const found = schema[kind](typeName)
          expect(found, typeName).toBeDefined()
          expect([typeName, validateSchema(found!.block)]).toEqual([typeName, []])
          // One object for all who ask: types are compared and cached by identity.
          expect(schema[kind](typeName)!.block).toBe(found!.block)
        }
        expect(schema[kind]('no_such_type')).toBeUndefined()
      }
    })

    test('types it does not have are reported, not thrown', async () => {
      const provider = open()
      const config = objectVal([])
      for (const answer of [
        provider.validateResourceConfig({ typeName: 'no_such_type', config }),
        provider.validateDataConfig({ typeName: 'no_such_type', config }),
      ]) {
        expect((await answer).diags).toMatchObject([{ severity: 'error' }])
      }
    })

    test('a configuration that is not known yet is no mistake', async () => {
      const unknown = withAttributes(schema.provider, (_name, attribute) =>
        attribute.optional || attribute.required ? unknownVal(attributeType(attribute)) : undefined,
      )
      const errors = (await open().validateProviderConfig(unknown)).diags.filter((d) => /conflict|invalid/i.test(d.summary))
      expect(errors).toEqual([])
    })

    describe.each([...schema.resourceNames()])('%s', (typeName) => {
      const { block, version } = schema.resource(typeName)!

      test('planning is repeatable and fits schema and configuration', async () => {
        const config = minimalConfig(block)
        const [first, second] = [await plan(open(), typeName, block, config), await plan(open(), typeName, block, config)]
        expect(first.diags.filter((d) => d.severity === 'error')).toEqual([])
        expect(conforms(first.planned.type, impliedType(block))).toBe(true)
        expect(text(second.planned)).toBe(text(first.planned))
        expect(first.planned.isNull).toBe(false)
        if (!first.legacyTypeSystem) expect(assertPlanValid(block, nullOf(block), config, first.planned)).toEqual([])
        expect(first.requiresReplace).toEqual([])
      })

      test('what is to be deleted is planned as nothing', async () => {
        const prior = unknownAsNull((await plan(open(), typeName, block, minimalConfig(block))).planned)
        const nothing = nullOf(block)
        const { planned } = await open().planResourceChange({
          typeName,
          prior,
          proposed: nothing,
          config: nothing,
          priorPrivate: undefined,
        })
        expect(planned.isNull).toBe(true)
      })

      test('a stored object comes back as it was', async () => {
        const value = unknownAsNull((await plan(open(), typeName, block, minimalConfig(block))).planned)
        const type = impliedType(block)
        const stored = { json: valueToJson(value, type) }
        const { value: read, diags } = await open().upgradeResourceState({ typeName, version, stored })
        expect(diags).toEqual([])
        expect(text(read)).toBe(text(jsonToValue(stored.json, type)))
      })

      test('a state of a neighbouring release is read', async () => {
        const stored = { json: JSON.stringify({ id: 'x', an_attribute_of_tomorrow: 1 }) }
        const { value, diags } = await open().upgradeResourceState({ typeName, version, stored })
        // A provider may refuse attributes it does not know, as the plugin protocol has it, but says so.
        if (diags.length === 0) expect(conforms(value.type, impliedType(block))).toBe(true)
        else expect(diags[0]).toMatchObject({ severity: 'error' })
      })

      test('no argument is ignored: it is in the plan, or refused by its name', async () => {
        const ignored: string[] = []
        for (const [argument, attribute] of Object.entries(block.attributes)) {
          const sample = sampleOf(attribute)
          if (sample === undefined || `${typeName}.${argument}` in exceptions) continue
          const config = minimalConfig(block, argument, sample)
          const { diags } = await open().validateResourceConfig({ typeName, config })
          if (diags.some((d) => d.severity === 'error' && `${d.summary} ${d.detail}`.includes(argument))) continue
          const { planned } = await plan(open(), typeName, block, config)
          if (planned.getAttr(argument).isNull) ignored.push(argument)
        }
        expect(ignored).toEqual([])
      })
    })

    describe.each([...schema.dataSourceNames()])('data %s', (typeName) => {
      const { block } = schema.dataSource(typeName)!
      test.skipIf(`data.${typeName}` in exceptions)('validates what is not known yet', async () => {
        const { diags } = await open().validateDataConfig({ typeName, config: minimalConfig(block) })
        expect(diags.filter((d) => d.severity === 'error')).toEqual([])
      })
    })

    test('it can be stopped and closed at any time, more than once', async () => {
      const provider = open()
      await provider.stop()
      await provider.stop()
      await provider.close()
      await provider.close()
    })
  })
}

function plan(provider: Provider, typeName: string, block: BlockSchema, config: Value) {
  const prior = nullOf(block)
  return provider.planResourceChange({ typeName, prior, proposed: proposedNew(block, prior, config), config, priorPrivate: undefined })
}

/** Required arguments are not known yet, as references to new objects are not; others are absent. */
function minimalConfig(block: BlockSchema, argument?: string, value?: Value): Value {
  return withAttributes(block, (name, attribute) => {
    if (name === argument) return value
    return attribute.required ? unknownVal(attributeType(attribute)) : undefined
  })
}

function withAttributes(block: BlockSchema, choose: (name: string, attribute: AttributeSchema) => Value | undefined): Value {
  const empty = emptyBlockValue(block)
  const members = new Map([...empty.asMap()])
  for (const [name, attribute] of Object.entries(block.attributes)) members.set(name, choose(name, attribute) ?? members.get(name)!)
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    if ((nested.minItems ?? 0) > 0) members.set(name, unknownVal(members.get(name)!.type))
  }
  return objectVal(members, impliedType(block))
}

function sampleOf(attribute: AttributeSchema): Value | undefined {
  if (!attribute.optional && !attribute.required) return undefined
  if (attribute.writeOnly || attribute.type === undefined) return undefined
  return sampleOfType(attribute.type)
}

function sampleOfType(type: Type): Value | undefined {
  switch (type.kind) {
    case 'string':
      return stringVal('sample')
    case 'number':
      return numberVal(parseNumeric('7')!)
    case 'bool':
      return boolVal(true)
    default:
      return undefined
  }
}

function text(value: Value): string {
  const unknowns: string[] = []
  const known = unknownAsNull(value)
  if (!value.isWhollyKnown && !value.isNull) {
    for (const [name, member] of value.asMap()) if (!member.isWhollyKnown) unknowns.push(name)
  }
  return `${valueToJson(known, known.type)} unknown: ${unknowns.join()}`
}
