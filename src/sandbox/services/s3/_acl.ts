import type * as S3 from '@aws-sdk/client-s3'
import { AwsError } from '../../kernel/errors.ts'
import { canonicalUser } from './_store.ts'

const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers'
const AUTHENTICATED = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers'
const LOG_DELIVERY = 'http://acs.amazonaws.com/groups/s3/LogDelivery'

interface AclInput {
  readonly ACL?: string
  readonly GrantFullControl?: string
  readonly GrantRead?: string
  readonly GrantReadACP?: string
  readonly GrantWrite?: string
  readonly GrantWriteACP?: string
}

/** The grants that the headers of a request stand for; undefined when there are none. */
export function grantsOf(input: AclInput, account: string): S3.Grant[] | undefined {
  const headers = [
    ['FULL_CONTROL', input.GrantFullControl],
    ['READ', input.GrantRead],
    ['READ_ACP', input.GrantReadACP],
    ['WRITE', input.GrantWrite],
    ['WRITE_ACP', input.GrantWriteACP],
  ] as const
  const given = headers.filter(([, text]) => text !== undefined)
  if (input.ACL === undefined && given.length === 0) return undefined
  if (input.ACL !== undefined && given.length > 0)
    throw new AwsError('InvalidRequest', 'Specifying both Canned ACLs and Header Grants is not allowed')
  if (input.ACL !== undefined) return canned(input.ACL, account)
  return given.flatMap(([Permission, text]) => text!.split(',').map((grantee) => ({ Grantee: granteeOf(grantee.trim()), Permission })))
}

export function ownerGrant(account: string): S3.Grant {
  return { Grantee: { Type: 'CanonicalUser', ID: canonicalUser(account) }, Permission: 'FULL_CONTROL' }
}

function canned(acl: string, account: string): S3.Grant[] {
  const group = (URI: string, ...permissions: S3.Permission[]): S3.Grant[] =>
    permissions.map((Permission) => ({ Grantee: { Type: 'Group', URI }, Permission }))
  const own = ownerGrant(account)
  switch (acl) {
    case 'private':
    case 'bucket-owner-read':
    case 'bucket-owner-full-control':
    case 'aws-exec-read':
      return [own]
    case 'public-read':
      return [own, ...group(ALL_USERS, 'READ')]
    case 'public-read-write':
      return [own, ...group(ALL_USERS, 'READ', 'WRITE')]
    case 'authenticated-read':
      return [own, ...group(AUTHENTICATED, 'READ')]
    case 'log-delivery-write':
      return [own, ...group(LOG_DELIVERY, 'WRITE', 'READ_ACP')]
    default:
      throw new AwsError('InvalidArgument', '', 400, { ArgumentName: 'x-amz-acl', ArgumentValue: acl })
  }
}

function granteeOf(text: string): S3.Grantee {
  const match = /^(id|uri|emailAddress)="?([^"]*)"?$/i.exec(text)
  if (match === null) throw new AwsError('InvalidArgument', 'Argument format not recognized')
  const [, kind, value] = match
  switch (kind!.toLowerCase()) {
    case 'id':
      return { Type: 'CanonicalUser', ID: value }
    case 'uri':
      return { Type: 'Group', URI: value }
    default:
      return { Type: 'AmazonCustomerByEmail', EmailAddress: value }
  }
}
