import { boolType, listType, mapType, numberType, objectType, stringType, type Type } from '../cty/index.ts'
import type { Arguments } from './_arguments.ts'
import { EncryptionError } from './_error.ts'
import { fromBase64, type KeyService } from './_wrapped-keys.ts'

export interface AwsKmsOptions {
  /** Id, ARN, alias or ARN of an alias. */
  readonly keyId: string
  readonly keySpec: 'AES_128' | 'AES_256'
  /** Has to be the same when the data is read. */
  readonly context: Readonly<Record<string, string>> | undefined
  /** How AWS is reached: the arguments that the s3 backend has for that, as JSON. */
  readonly connection: Readonly<Record<string, unknown>>
}

/** AWS KMS, with the credentials that a connection speaks of. Both throw AwsCallError. */
export interface AwsKeys {
  generateDataKey(options: AwsKmsOptions): Promise<{ readonly plaintext: Uint8Array; readonly blob: Uint8Array }>
  decrypt(options: AwsKmsOptions, blob: Uint8Array): Promise<Uint8Array>
}

/** Why AWS did not do something. */
export class AwsCallError extends Error {
  override readonly name = 'AwsCallError'
  /** AWS's code of the error, such as `NotFoundException`; empty where it was not asked. */
  readonly code: string

  constructor(message: string, code: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

const role = { duration: stringType, policy: stringType, policy_arns: listType(stringType), role_arn: stringType, session_name: stringType }
const allOptional = (attributes: Readonly<Record<string, Type>>): Type => objectType(attributes, Object.keys(attributes))

/** Those of OpenTofu's s3 backend, without the ones that it calls deprecated. */
const connectionTypes: Readonly<Record<string, Type>> = {
  access_key: stringType,
  allowed_account_ids: listType(stringType),
  assume_role: allOptional({
    ...role,
    external_id: stringType,
    source_identity: stringType,
    tags: mapType(stringType),
    transitive_tag_keys: listType(stringType),
  }),
  assume_role_with_web_identity: allOptional({ ...role, web_identity_token: stringType, web_identity_token_file: stringType }),
  custom_ca_bundle: stringType,
  ec2_metadata_service_endpoint: stringType,
  ec2_metadata_service_endpoint_mode: stringType,
  endpoints: allOptional({ iam: stringType, sts: stringType }),
  forbidden_account_ids: listType(stringType),
  http_proxy: stringType,
  https_proxy: stringType,
  insecure: boolType,
  max_retries: numberType,
  no_proxy: stringType,
  profile: stringType,
  region: stringType,
  retry_mode: stringType,
  secret_key: stringType,
  shared_config_files: listType(stringType),
  shared_credentials_files: listType(stringType),
  skip_credentials_validation: boolType,
  skip_metadata_api_check: boolType,
  skip_requesting_account_id: boolType,
  sts_region: stringType,
  token: stringType,
  use_dualstack_endpoint: boolType,
  use_fips_endpoint: boolType,
}

export const awsKmsArguments = ['kms_key_id', 'key_spec', 'encryption_context', ...Object.keys(connectionTypes)]
/** OpenTofu has `endpoints` as a block here, and as an argument in the backend. */
export const awsKmsBlocks = { endpoints: ['iam', 'sts'] }

/** Undefined with errors. */
export function readAwsKms(args: Arguments): AwsKmsOptions | undefined {
  const keyId = args.required('kms_key_id')
  const keySpec = args.required('key_spec')
  const context = args.json('encryption_context', mapType(stringType)) as Record<string, string | null> | undefined
  const connection: Record<string, unknown> = {}
  for (const [name, type] of Object.entries(connectionTypes)) {
    const value = args.json(name, type)
    if (value !== undefined) connection[name] = value
  }
  const endpoints = args.block('endpoints')
  if (endpoints !== undefined) connection.endpoints = { iam: endpoints.text('iam'), sts: endpoints.text('sts') }
  if (connection.assume_role !== undefined && connection.assume_role_with_web_identity !== undefined)
    args.problem('Only one of "assume_role" and "assume_role_with_web_identity" can be given.', 'assume_role')
  if (connection.allowed_account_ids !== undefined && connection.forbidden_account_ids !== undefined)
    args.problem('Only one of "allowed_account_ids" and "forbidden_account_ids" can be given.', 'allowed_account_ids')
  if (Object.values(context ?? {}).includes(null)) args.problem('Values of "encryption_context" must not be null.', 'encryption_context')
  if (keySpec !== 'AES_128' && keySpec !== 'AES_256') {
    if (keySpec !== '') args.problem('The argument "key_spec" must be "AES_256" or "AES_128".', 'key_spec')
    return undefined
  }
  return args.failed ? undefined : { keyId, keySpec, context: context as Record<string, string> | undefined, connection }
}

/** Data keys of AWS KMS. Stored is `{"ciphertext_blob":"BASE64"}`. */
export function awsKmsKeys(options: AwsKmsOptions, aws: AwsKeys): KeyService {
  const open = async (blob: Uint8Array): Promise<Buffer> =>
    Buffer.from(await aws.decrypt(options, blob).catch((error: unknown) => refuse(error, options, 'kms:Decrypt')))
  return {
    type: 'aws_kms',
    async make() {
      const { plaintext, blob } = await aws
        .generateDataKey(options)
        .catch((error: unknown) => refuse(error, options, 'kms:GenerateDataKey'))
      return { key: Buffer.from(plaintext), stored: { ciphertext_blob: Buffer.from(blob).toString('base64') } }
    },
    open(stored) {
      const blob = fromBase64(stored.ciphertext_blob)
      return blob && open(blob)
    },
  }
}

function refuse(error: unknown, { keyId }: AwsKmsOptions, action: string): never {
  if (!(error instanceof AwsCallError)) throw error
  const what = `AWS KMS refuses ${action} with ${JSON.stringify(keyId)}`
  throw new EncryptionError(
    `${error.code === '' ? 'AWS KMS cannot be asked' : what}: ${error.message.replace(/\.$/, '')}`,
    remedy(error.code, action),
  )
}

function remedy(code: string, action: string): string {
  switch (code) {
    case '':
      return 'Look at the arguments "region", "profile", "access_key" and "assume_role", and at the environment variables AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_ENDPOINT_URL_KMS.'
    case 'NotFoundException':
      return 'Look at the arguments "kms_key_id" and "region", and whether the credentials are of the account that has the key.'
    case 'AccessDeniedException':
      return `The caller needs ${action} on the key, allowed by the key's policy and, where that leaves it to IAM, by its own. Look at the arguments "profile" and "assume_role", and at AWS_PROFILE.`
    case 'InvalidCiphertextException':
      return 'The data was encrypted with another key or under another "encryption_context".'
    case 'IncorrectKeyException':
      return 'The data was encrypted with another key: name that one in "kms_key_id" of a key provider for the fallback.'
    case 'DisabledException':
    case 'KMSInvalidStateException':
      return 'Enable the key, or cancel its deletion, in AWS KMS.'
    default:
      return 'Look at the credentials: the arguments "profile", "assume_role", "access_key" and "secret_key", and the environment variables AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.'
  }
}
