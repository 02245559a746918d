/** Thrown when the program's own rules are broken: always a bug in Landform, never something a user caused. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Ends a `switch` over a closed union, so that the compiler shows every place that must learn a new kind. */
export function assertNever(value: never): never {
  throw new InvariantError(`Unexpected value: ${JSON.stringify(value)}. This is a bug in Landform.`)
}

/** @throws InvariantError when the condition does not hold. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(`${message} This is a bug in Landform.`)
}
