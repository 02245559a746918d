import { attributeStep, type Path } from '../../cty/index.ts'
import type { BlockSchema } from '../../schema/index.ts'
import type { Plain, PlainObject } from './plain.ts'
import type { ConfigProblem } from './resource.ts'

/**
 * Arguments that blocks need and have no value for. Nobody can leave one out in writing, but what is written may be worth null. Of the arguments at the top
 * that is told by whoever decodes the configuration.
 */
export function missingInBlocks(block: BlockSchema, config: PlainObject): readonly ConfigProblem[] {
  return Object.entries(block.blockTypes).flatMap(([name, nested]) =>
    elementsOf(config[name] ?? null).flatMap(({ value, path }) => missingIn(nested.block, value, `${name}${path}`, [attributeStep(name)])),
  )
}

function missingIn(block: BlockSchema, config: PlainObject, path: string, attribute: Path): readonly ConfigProblem[] {
  const own = Object.entries(block.attributes).flatMap(([name, { required }]) =>
    required && config[name] === null
      ? [
          {
            summary: 'Missing required argument',
            detail: `The argument "${path}.${name}" is required, but no definition was found.`,
            attribute,
          },
        ]
      : [],
  )
  const below = Object.entries(block.blockTypes).flatMap(([name, nested]) =>
    elementsOf(config[name] ?? null).flatMap((one) => missingIn(nested.block, one.value, `${path}.${name}${one.path}`, attribute)),
  )
  return [...own, ...below]
}

/** The blocks of one name, each with what its path ends in. */
function elementsOf(blocks: Plain): readonly { readonly value: PlainObject; readonly path: string }[] {
  if (Array.isArray(blocks)) {
    return (blocks as readonly Plain[]).flatMap((value, i) => (isObject(value) ? [{ value, path: `.${i}` }] : []))
  }
  return isObject(blocks) ? [{ value: blocks, path: '' }] : []
}

function isObject(value: Plain): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
