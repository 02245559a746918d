import { describe, expect, test } from 'vitest'
import { compactModel, expandModel } from '../../src/sandbox/protocols/_compact.ts'
import type { Member, ServiceModel, Shape } from '../../src/sandbox/protocols/index.ts'
import { services } from '../../src/sandbox/services/index.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

/** A shape as plain data; what has been met before is only named. */
function plain(shape: Shape, met = new Set<Shape>()): unknown {
  if (met.has(shape)) return 'met'
  // Simple shapes are one object here and many there.
  if ('name' in shape) met.add(shape)
  const member = ({ name, traits, required, shape: target }: Member): unknown => ({ name, traits, required, shape: plain(target, met) })
  switch (shape.kind) {
    case 'structure':
      return { ...shape, members: shape.members.map(member) }
    case 'list':
      return { ...shape, member: member(shape.member) }
    case 'map':
      return { ...shape, key: member(shape.key), value: member(shape.value) }
    default:
      return shape
  }
}

function describeModel(model: ServiceModel, names: readonly string[]): unknown {
  return names.map((name) => {
    const { http, input, output } = model.operation(name)!
    return { name, http, input: plain(input), output: plain(output) }
  })
}

describe('what the sandbox implements', () => {
  test.each(services.map((entry) => [entry.name, entry] as const))(
    '%s: operations that the service has, with the same shapes in the executable',
    async (_, entry) => {
      const service = await entry.load()
      const model = await service.model()
      const names = Object.keys(service.operations)
      expect(names.filter((name) => model.operation(name) === undefined)).toEqual([])
      const compact = JSON.parse(JSON.stringify(compactModel(model, names)))
      expect(describeModel(expandModel(compact), names)).toEqual(describeModel(model, names))
      expect(expandModel(compact).operation('NoSuchOperation')).toBeUndefined()
    },
  )
})
