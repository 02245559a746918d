import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js'
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js'
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js'
import type { Construct } from 'constructs'
import { isModule, Module } from '../module.ts'
import { PrivateBucket } from '../private-bucket/index.ts'

export interface StateStoreProps {
  /** Bucket that keeps the states, each below a key of its own. */
  readonly bucket: string
  /** Name of the role that reads and writes states. */
  readonly role: string
  /** Account whose people and programs may assume the role. */
  readonly trustedAccountId: string
  /** Refuse every plan that would destroy the bucket. Default true. A bucket that holds states is not destroyed in any case. */
  readonly preventDestroy?: boolean
}

const kind = 'state-store'

/** Where states are kept: a private bucket with versions, and the role that reads and writes in it. */
export class StateStore extends Module {
  readonly bucketName: string
  readonly roleArn: string

  constructor(scope: Construct, id: string, props: StateStoreProps) {
    super(scope, id, kind)
    const store = new PrivateBucket(this, 'store', { bucket: props.bucket, preventDestroy: props.preventDestroy ?? true })
    const trust = new DataAwsIamPolicyDocument(this, 'trust', {
      statement: [
        {
          effect: 'Allow',
          actions: ['sts:AssumeRole'],
          principals: [{ type: 'AWS', identifiers: [`arn:aws:iam::${props.trustedAccountId}:root`] }],
        },
      ],
    })
    const role = new IamRole(this, 'role', {
      name: props.role,
      description: 'Reads and writes states',
      assumeRolePolicy: trust.json,
    })
    const access = new DataAwsIamPolicyDocument(this, 'access', {
      statement: [
        { sid: 'List', effect: 'Allow', actions: ['s3:ListBucket'], resources: [store.arn] },
        { sid: 'States', effect: 'Allow', actions: ['s3:GetObject', 's3:PutObject'], resources: [`${store.arn}/*`] },
        // States are kept for good; only locks are taken away.
        { sid: 'Locks', effect: 'Allow', actions: ['s3:DeleteObject'], resources: [`${store.arn}/*.tflock`] },
      ],
    })
    new IamRolePolicy(this, 'policy', { name: 'states', role: role.name, policy: access.json })
    this.bucketName = store.bucketName
    this.roleArn = role.arn
  }

  static isStateStore(x: unknown): x is StateStore {
    return isModule(x, kind)
  }
}
