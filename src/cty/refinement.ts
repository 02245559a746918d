import type { Numeric } from './number.ts'

/** What is known about an unknown value. The members that apply depend on its type. */
export interface Refinement {
  readonly notNull?: boolean | undefined
  /** Strings: how it begins, already cut to a boundary that stays valid whatever follows. */
  readonly prefix?: string | undefined
  /** Numbers. */
  readonly min?: NumberBound | undefined
  readonly max?: NumberBound | undefined
  /** Lists, sets and maps, inclusive. */
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
}

export interface NumberBound {
  readonly value: Numeric
  readonly inclusive: boolean
}

/** The payload of an unknown value. */
export class Unknown {
  readonly refinement: Refinement | undefined

  constructor(refinement?: Refinement) {
    this.refinement = refinement
  }
}

/** The payload of every unknown about which nothing is known. */
export const unrefined = new Unknown()
