import type { Service } from './service.ts'

/** How the services of the query protocol, STS and IAM first of all, refuse callers. */
export const queryRefusals: Service['refusals'] = {
  unknownKey: ['InvalidClientTokenId', 'The security token included in the request is invalid.', 403],
  noKey: ['MissingAuthenticationToken', 'Request is missing Authentication Token', 403],
  badSignature: [
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    403,
  ],
  expired: ['ExpiredToken', 'The security token included in the request is expired', 403],
  denied: ['AccessDenied', '', 403],
  throttled: ['Throttling', 'Rate exceeded', 400],
  internal: ['InternalFailure', 'The request processing has failed because of an unknown error, exception or failure.', 500],
}

export const ec2Refusals: Service['refusals'] = {
  unknownKey: ['AuthFailure', 'AWS was not able to validate the provided access credentials', 401],
  noKey: ['MissingAuthenticationToken', 'Request is missing Authentication Token', 401],
  badSignature: ['AuthFailure', 'AWS was not able to validate the provided access credentials', 401],
  expired: ['RequestExpired', 'Request has expired.', 400],
  denied: ['UnauthorizedOperation', 'You are not authorized to perform this operation. ', 403],
  throttled: ['RequestLimitExceeded', 'Request limit exceeded.', 503],
  internal: ['InternalError', 'An internal error has occurred', 500],
}

export const jsonRefusals: Service['refusals'] = {
  unknownKey: ['UnrecognizedClientException', 'The security token included in the request is invalid.', 400],
  noKey: ['MissingAuthenticationTokenException', 'Missing Authentication Token', 400],
  badSignature: [
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    400,
  ],
  expired: ['ExpiredTokenException', 'The security token included in the request is expired', 400],
  denied: ['AccessDeniedException', '', 400],
  throttled: ['ThrottlingException', 'Rate exceeded', 400],
  internal: ['InternalFailure', 'The request processing has failed because of an unknown error, exception or failure.', 500],
}

/** Services of the REST protocol with JSON bodies say by the status what kind of refusal it is. */
export const restRefusals: Service['refusals'] = {
  ...jsonRefusals,
  unknownKey: ['UnrecognizedClientException', 'The security token included in the request is invalid.', 403],
  noKey: ['MissingAuthenticationTokenException', 'Missing Authentication Token', 403],
  expired: ['ExpiredTokenException', 'The security token included in the request is expired', 403],
  denied: ['AccessDeniedException', '', 403],
  throttled: ['TooManyRequestsException', 'Rate exceeded', 429],
}

export const s3Refusals: Service['refusals'] = {
  unknownKey: ['InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403],
  noKey: ['AccessDenied', 'Access Denied', 403],
  badSignature: [
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    403,
  ],
  expired: ['ExpiredToken', 'The provided token has expired.', 400],
  denied: ['AccessDenied', '', 403],
  throttled: ['SlowDown', 'Please reduce your request rate.', 503],
  internal: ['InternalError', 'We encountered an internal error. Please try again.', 500],
}
