import { emptyPath, type Path } from './path.ts'

/**
 * An operation that is not possible with the given values, such as an index out of range or a conversion that fails.
 * Thrown inside the value layer; the language turns it into a diagnostic at the expression concerned.
 */
export class CtyError extends Error {
  override readonly name: string = 'CtyError'
  /** Where in the value given to the operation the problem lies. */
  readonly path: Path

  constructor(message: string, path: Path = emptyPath) {
    super(message)
    this.path = path
  }
}
