export { mayBeLegacySdk, withBlockSyntax } from './_block-syntax.ts'
export { attributeRange } from './attribute-range.ts'
export { attributeReferences, bodyReferences, decodeBody } from './decode.ts'
export {
  type AttributeEntry,
  attributeConfigType,
  attributeEntries,
  attributeType,
  impliedType,
  nestedBlockType,
  nestedElementType,
} from './implied-type.ts'
export { hasAttribute, schemaSensitivePaths, withoutWriteOnly, writeOnlyPaths } from './paths.ts'
export * from './schema.ts'
export * from './schema-json.ts'
export { validateSchema } from './validate-schema.ts'
export { absentBlocks, blockObject, coerceValue, collectBlocks, emptyBlockValue, nullOf, optionalBlock } from './values.ts'
