import { CtyError } from '../errors.ts'

/** A value that cannot take the type that is wanted. The message is a phrase without a full stop, fit to follow a colon. */
export class ConversionError extends CtyError {
  override readonly name = 'ConversionError'
}
