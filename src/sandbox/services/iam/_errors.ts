import { AwsError } from '../../kernel/errors.ts'
import { type PolicyDocument, type PolicyKind, PolicySyntaxError, parsePolicy } from '../../policy/index.ts'

export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntity', message, 404)
}

export function alreadyExists(message: string): AwsError {
  return new AwsError('EntityAlreadyExists', message, 409)
}

export function deleteConflict(message: string): AwsError {
  return new AwsError('DeleteConflict', `Cannot delete entity, must ${message} first.`, 409)
}

export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceeded', message, 409)
}

export function invalidInput(message: string): AwsError {
  return new AwsError('InvalidInput', message)
}

export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message)
}

/** @throws AwsError MalformedPolicyDocument */
export function checkPolicy(text: string, kind: PolicyKind): PolicyDocument {
  try {
    return parsePolicy(text, kind)
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw new AwsError('MalformedPolicyDocument', error.message)
    throw error
  }
}
