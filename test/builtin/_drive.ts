import { expect } from 'vitest'
import { conforms, objectVal, pathToString, type Value, valueToJson } from '../../src/cty/index.ts'
import { assertApplyCompatible, assertPlanValid, plannedDataResult, proposedNew } from '../../src/plans/objchange/index.ts'
import type { Provider } from '../../src/providers/index.ts'
import { fromPlain, type PlainObject, toPlain } from '../../src/providers/kit/index.ts'
import { type BlockSchema, coerceValue, emptyBlockValue, impliedType, nullOf } from '../../src/schema/index.ts'

/** A planned or applied object as plain values, with what was said about it. */
export interface Step {
  readonly value: Value
  readonly object: PlainObject
  /** Paths that force a replacement. */
  readonly replace: readonly string[]
  readonly errors: readonly string[]
}

/**
 * Calls one provider as the engine does, and holds every answer to the engine's rules. Configurations are plain objects; what they
 * leave out is null.
 */
export class Drive {
  readonly provider: Provider

  private constructor(provider: Provider) {
    this.provider = provider
  }

  static async start(provider: Provider, config: PlainObject = {}): Promise<Drive> {
    const schema = provider.schema().provider
    const value = configValue(schema, config)
    const errors = [
      ...(await provider.validateProviderConfig(value)).diags,
      ...(await provider.configure({ config: value, terraformVersion: '1.11.4' })).diags,
    ]
    expect(errors).toEqual([])
    return new Drive(provider)
  }

  #block(typeName: string): BlockSchema {
    return this.provider.schema().resource(typeName)!.block
  }

  async validate(typeName: string, config: PlainObject): Promise<string[]> {
    const value = configValue(this.#block(typeName), config)
    return texts((await this.provider.validateResourceConfig({ typeName, config: value })).diags)
  }

  async plan(typeName: string, config: PlainObject, prior?: Value): Promise<Step> {
    const block = this.#block(typeName)
    const value = configValue(block, config)
    expect(await this.validate(typeName, config)).toEqual([])
    const before = prior ?? nullOf(block)
    const proposed = proposedNew(block, before, value)
    const answer = await this.provider.planResourceChange({ typeName, prior: before, proposed, config: value, priorPrivate: undefined })
    expect(conforms(answer.planned.type, impliedType(block))).toBe(true)
    if (texts(answer.diags).length === 0) expect(assertPlanValid(block, before, value, answer.planned)).toEqual([])
    return {
      value: answer.planned,
      object: toPlain(answer.planned) as PlainObject,
      replace: answer.requiresReplace.map(pathToString),
      errors: texts(answer.diags),
    }
  }

  /** Plans and applies. */
  async apply(typeName: string, config: PlainObject, prior?: Value): Promise<Step> {
    const block = this.#block(typeName)
    const plan = await this.plan(typeName, config, prior)
    const answer = await this.provider.applyResourceChange({
      typeName,
      prior: prior ?? nullOf(block),
      planned: plan.value,
      config: configValue(block, config),
      plannedPrivate: undefined,
    })
    const errors = texts(answer.diags)
    if (errors.length === 0) {
      expect(answer.newState.isWhollyKnown).toBe(true)
      expect(assertApplyCompatible(block, plan.value, answer.newState)).toEqual([])
      // A second plan is empty, and the object comes back from a state file as it was.
      const again = await this.plan(typeName, config, answer.newState)
      expect(valueToJson(again.value)).toBe(valueToJson(answer.newState))
      const stored = { json: valueToJson(answer.newState) }
      const { version } = this.provider.schema().resource(typeName)!
      expect(valueToJson((await this.provider.upgradeResourceState({ typeName, version, stored })).value)).toBe(stored.json)
    }
    return {
      value: answer.newState,
      object: answer.newState.isNull ? {} : (toPlain(answer.newState) as PlainObject),
      replace: plan.replace,
      errors,
    }
  }

  /** Undefined: it is gone. */
  async read(typeName: string, state: Value): Promise<PlainObject | undefined> {
    const { newState, diags } = await this.provider.readResource({ typeName, prior: state, private: undefined })
    expect(diags).toEqual([])
    return newState.isNull ? undefined : (toPlain(newState) as PlainObject)
  }

  async destroy(typeName: string, state: Value): Promise<string[]> {
    const nothing = nullOf(this.#block(typeName))
    const { diags, newState } = await this.provider.applyResourceChange({
      typeName,
      prior: state,
      planned: nothing,
      config: nothing,
      plannedPrivate: undefined,
    })
    if (diags.length === 0) expect(newState.isNull).toBe(true)
    return texts(diags)
  }

  async import(typeName: string, id: string): Promise<Step> {
    const { imported, diags } = await this.provider.importResourceState({ typeName, id })
    const value = imported[0]?.state ?? nullOf(this.#block(typeName))
    if (imported.length > 0) expect(conforms(value.type, impliedType(this.#block(typeName)))).toBe(true)
    return { value, object: value.isNull ? {} : (toPlain(value) as PlainObject), replace: [], errors: texts(diags) }
  }

  async data(
    typeName: string,
    config: PlainObject,
  ): Promise<{ object: PlainObject; errors: readonly string[]; warnings: readonly string[] }> {
    const { block } = this.provider.schema().dataSource(typeName)!
    const value = configValue(block, config)
    const checked = texts((await this.provider.validateDataConfig({ typeName, config: value })).diags)
    if (checked.length > 0) return { object: {}, errors: checked, warnings: [] }
    const answer = await this.provider.readDataSource({ typeName, config: value })
    const errors = texts(answer.diags)
    if (errors.length === 0) expect(assertApplyCompatible(block, plannedDataResult(block, value), answer.value)).toEqual([])
    const warnings = answer.diags.filter((d) => d.severity === 'warning').map((d) => `${d.summary}: ${d.detail}`)
    return { object: toPlain(answer.value) as PlainObject, errors, warnings }
  }
}

/** Plain members as the engine decodes a configuration. */
export function configValue(block: BlockSchema, config: PlainObject): Value {
  const type = impliedType(block)
  const members = new Map(emptyBlockValue(block).asMap())
  for (const [name, plain] of Object.entries(config)) members.set(name, fromPlain(plain, type.attributes.get(name)!))
  return coerceValue(objectVal(members), block)
}

function texts(diags: readonly { severity: string; summary: string; detail: string }[]): string[] {
  return diags.filter((d) => d.severity === 'error').map((d) => `${d.summary}: ${d.detail}`)
}
