import {
  boolType,
  dynamicType,
  FunctionError,
  type FunctionSpec,
  listType,
  mapType,
  type Param,
  returnTypeForValues,
  setType,
  stringType,
  type Type,
  typeToJson,
  unknownVal,
} from '../cty/index.ts'
import type { CallSignature, SignatureParam } from '../diags/index.ts'
import { closureType } from './closure.ts'

/** What a function takes and gives, for messages about its calls and for editors. */
export function callSignature(spec: FunctionSpec): CallSignature {
  return {
    name: spec.name,
    params: spec.params.map(signatureParam),
    variadicParam: spec.varParam && signatureParam(spec.varParam),
    returnType: typeToJson(returnType(spec)),
  }
}

function signatureParam({ name, type }: Param): SignatureParam {
  return { name, type: typeToJson(visibleType(type)) }
}

/** A parameter that takes an expression takes any value. */
export function visibleType(type: Type): Type {
  return type === closureType ? dynamicType : type
}

/** Where a result is declared to be of another type than unknown arguments would give. */
const declared: Readonly<Record<string, Type>> = {
  can: boolType,
  format: dynamicType,
  formatlist: dynamicType,
  merge: dynamicType,
  tolist: listType(dynamicType),
  tomap: mapType(dynamicType),
  toset: setType(dynamicType),
  yamlencode: stringType,
}

/** The type of the result as far as it does not depend on the arguments. */
export function returnType(spec: FunctionSpec): Type {
  if (Object.hasOwn(declared, spec.name)) return declared[spec.name]!
  try {
    return returnTypeForValues(
      spec,
      spec.params.map(({ type }) => unknownVal(visibleType(type))),
    )
  } catch (error) {
    // Without its further arguments some functions have no result.
    if (!(error instanceof FunctionError)) throw error
    return dynamicType
  }
}
