export { type Json, JsonNumber, JsonObject, JsonSyntaxError, parseJsonLossless } from './parse.ts'
export { jsonString } from './string.ts'
export { typeFromJson, typeToJson } from './type.ts'
export { impliedTypeOfJson, impliedTypeOfJsonNode, jsonNodeToValue, jsonToImpliedValue, jsonToValue, valueToJson } from './value.ts'
