import { attributeStep, emptyPath, indexStep, type Path } from '../path.ts'
import { dynamicType, isCompoundType, numberType, stringType, type Type, typeEquals } from '../type.ts'
import { numberVal, unknownVal } from '../value.ts'
import { friendlyName } from './names.ts'

/** Whether a type fits a constraint as it is: equal, except that `dynamic` in the constraint fits anything. */
export function conforms(type: Type, constraint: Type): boolean {
  if (type === constraint || constraint.kind === 'dynamic') return true
  if (type.kind !== constraint.kind) return false
  if (!isCompoundType(type)) return typeEquals(type, constraint)
  if (type === lastFit.type && constraint === lastFit.constraint) return true
  const pending: Type[] = [constraint, type]
  while (pending.length > 0) if (!pairConforms(pending.pop()!, pending.pop()!, pending)) return false
  lastFit = { type, constraint }
  return true
}

/** Objects of one shape share their type, and come one after the other. */
let lastFit: { readonly type: Type; readonly constraint: Type } = { type: dynamicType, constraint: dynamicType }

/** Compares a type with a constraint but for their parts, which are added to `pending` in pairs. */
function pairConforms(type: Type, constraint: Type, pending: Type[]): boolean {
  if (type === constraint || constraint.kind === 'dynamic') return true
  if (type.kind !== constraint.kind) return false
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      pending.push((constraint as typeof type).element, type.element)
      return true
    case 'tuple': {
      const wanted = (constraint as typeof type).elements
      if (type.elements.length !== wanted.length) return false
      for (let i = 0; i < wanted.length; i++) if (wanted[i] !== type.elements[i]) pending.push(wanted[i]!, type.elements[i]!)
      return true
    }
    case 'object': {
      const wanted = (constraint as typeof type).attributes
      if (type.attributes.size !== wanted.size) return false
      for (const [name, t] of type.attributes) {
        const other = wanted.get(name)
        if (other === undefined) return false
        if (other !== t) pending.push(other, t)
      }
      return true
    }
    default:
      return typeEquals(type, constraint)
  }
}

export interface ConformanceError {
  readonly path: Path
  readonly message: string
}

const none: readonly ConformanceError[] = []

/** Where and why a type does not fit a constraint; empty when it does. Elements of collections appear under an unknown key. */
export function typeConformanceErrors(given: Type, wanted: Type, path: Path = emptyPath): readonly ConformanceError[] {
  if (conforms(given, wanted)) return none
  if (given.kind === 'object' && wanted.kind === 'object') {
    const errors: ConformanceError[] = []
    for (const [name, type] of given.attributes) {
      const other = wanted.attributes.get(name)
      if (other === undefined) errors.push({ path, message: `unsupported attribute ${JSON.stringify(name)}` })
      else errors.push(...typeConformanceErrors(type, other, [...path, attributeStep(name)]))
    }
    for (const name of wanted.attributes.keys()) {
      if (!given.attributes.has(name)) errors.push({ path, message: `missing required attribute ${JSON.stringify(name)}` })
    }
    return errors
  }
  if (given.kind === 'tuple' && wanted.kind === 'tuple') {
    if (given.elements.length !== wanted.elements.length) {
      return [{ path, message: `${wanted.elements.length} elements are required, but got ${given.elements.length}` }]
    }
    return given.elements.flatMap((t, i) => typeConformanceErrors(t, wanted.elements[i]!, [...path, indexStep(numberVal(i))]))
  }
  if ((given.kind === 'list' || given.kind === 'set' || given.kind === 'map') && given.kind === wanted.kind) {
    const key = unknownVal(given.kind === 'list' ? numberType : given.kind === 'map' ? stringType : given.element)
    return typeConformanceErrors(given.element, wanted.element, [...path, indexStep(key)])
  }
  return [{ path, message: `${friendlyName(wanted)} required, but received ${friendlyName(given)}` }]
}
