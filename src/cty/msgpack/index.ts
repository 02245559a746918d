export { impliedTypeOfMsgpack, msgpackToValue, valueToMsgpack } from './value.ts'
