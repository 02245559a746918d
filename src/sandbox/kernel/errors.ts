/**
 * An answer of AWS that says no. `code` and `message` reach the client in the envelope of its protocol; `status` is the
 * HTTP status. `extra` are further elements of the error (S3 names the bucket, for example).
 */
export class AwsError extends Error {
  readonly code: string
  readonly status: number
  readonly extra: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: string,
    message: string,
    status = 400,
    extra: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.name = 'AwsError'
    this.code = code
    this.status = status
    this.extra = extra
    this.headers = headers
  }
}
