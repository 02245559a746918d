export { applyDefaults, type TypeDefaults } from './defaults.ts'
export { parseType, parseTypeConstraint, type TypeConstraint, type TypeMode } from './parse-type.ts'
export { typeToText } from './type-to-text.ts'
