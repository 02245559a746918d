import type { Value } from './value.ts'

/** A step into a value: an attribute of an object, or an element by key (of a set: the element itself). */
export type PathStep = { readonly kind: 'attribute'; readonly name: string } | { readonly kind: 'index'; readonly key: Value }

export type Path = readonly PathStep[]

export const emptyPath: Path = []

export function attributeStep(name: string): PathStep {
  return { kind: 'attribute', name }
}

export function indexStep(key: Value): PathStep {
  return { kind: 'index', key }
}
