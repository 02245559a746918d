import { type PlanReport, type StackReport, stackFromPlanJson } from '../../src/ops/comment/index.ts'
import type { PlanJson } from '../../src/ops/comment/plan-json.ts'
import { created, planDocument, resource } from './_plans.ts'

/** A plan of Terraform as that of the only stack of an environment. */
export const stack = (plan: PlanJson, environment = 'stage', more: Partial<StackReport> = {}): StackReport => ({
  ...stackFromPlanJson(plan, { environment, stack: environment }),
  ...more,
})
export const report = (stacks: readonly StackReport[], more: Partial<PlanReport> = {}): PlanReport => ({
  world: 'aws',
  commit: '3f2a9c41d7e8b6054433221100ffeeddccbbaa99',
  dirty: false,
  stacks,
  ...more,
})
const instance = (type: string, more: object = {}) => ({
  instance_type: type,
  ami: 'ami-0123456789abcdef0',
  tags: { Name: 'web' },
  ...more,
})

const update1 = resource('aws_instance.web', ['update'], { before: instance('t3.small'), after: instance('t3.large') })
const replace1 = resource('aws_db_instance.orders', ['delete', 'create'], {
  before: { engine: 'postgres', engine_version: '14.2', identifier: 'orders', password: 'hunter2hunter2', storage_type: 'gp2' },
  after: { engine: 'postgres', engine_version: '15.4', identifier: 'orders-2', password: 'hunter2hunter2', storage_type: 'gp3' },
  after_unknown: { id: true },
  before_sensitive: { password: true },
  after_sensitive: { password: true },
  replace_paths: [['identifier']],
  reason: 'replace_because_cannot_update',
})
const destroy1 = resource('module.old["x"].aws_s3_bucket.logs[0]', ['delete'], {
  before: { bucket: 'old-logs', force_destroy: false, versioning: [{ enabled: true, mfa_delete: false }] },
  after: null,
  reason: 'delete_because_no_module',
})

const subnet1 = resource('aws_subnet.subnet', ['delete', 'create'], {
  before: { cidr_block: '10.1.1.0/24', id: 'subnet-08942260cee7151f5', vpc_id: 'vpc-0e1d7c6b5a4938271', tags: { Owner: 'one' } },
  after: { cidr_block: '10.1.2.0/24', vpc_id: 'vpc-0e1d7c6b5a4938271', tags: { Owner: 'one' } },
  after_unknown: { id: true },
  replace_paths: [['cidr_block']],
  reason: 'replace_because_cannot_update',
})
const group1 = resource('aws_security_group.group', ['update'], {
  before: { name: 'group', description: 'Of the service', tags: { Subnet: 'subnet-08942260cee7151f5' } },
  after: { name: 'group', description: 'Of the service', tags: {} },
  after_unknown: { tags: { Subnet: true } },
})

/** What comments are made of, by name. */
export const cases: Readonly<Record<string, PlanReport>> = {
  'one-resource': report([
    stack(
      planDocument([
        resource('aws_sqs_queue.jobs', ['create'], {
          after: { name: 'jobs', delay_seconds: 5, policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:*"]}]}' },
          after_unknown: { arn: true, tags_all: true },
        }),
      ]),
    ),
  ]),
  'no-changes': report([
    stack(planDocument([resource('aws_sqs_queue.jobs', ['no-op'], { before: { name: 'jobs' }, after: { name: 'jobs' } })])),
  ]),
  'replace-and-destroy': report([
    stack(
      planDocument([
        resource('aws_route53_record.a', ['create'], { after: { name: 'a', records: ['10.0.0.1', '10.0.0.2'], ttl: 60 } }),
        update1,
        replace1,
        destroy1,
        resource('aws_ecs_service.api', ['create', 'delete'], {
          before: { name: 'api', launch_type: 'EC2' },
          after: { name: 'api', launch_type: 'FARGATE' },
          replace_paths: [['launch_type']],
          reason: 'replace_because_cannot_update',
        }),
        resource('aws_iam_role.old', ['forget'], { before: { name: 'old' } }),
        resource('aws_iam_role.new', ['no-op'], { before: { name: 'new' }, after: { name: 'new' }, from: 'aws_iam_role.older' }),
        resource('aws_iam_role.found', ['update'], {
          before: { name: 'found', path: '/' },
          after: { name: 'found', path: '/x/' },
          importing: { id: 'found' },
        }),
        resource('aws_instance.web', ['delete'], { before: instance('t2.small'), deposed: 'a1b2c3d4' }),
        resource('data.aws_ami.base', ['read'], { after: { name: 'base' } }),
      ]),
    ),
  ]),
  protected: report([
    {
      ...stack(planDocument([update1, replace1])),
      changes: stack(planDocument([update1, replace1])).changes.map((change) =>
        change.address === 'aws_db_instance.orders'
          ? {
              ...change,
              construct: 'orders/db',
              source: { path: 'environments/stage.ts', line: 14 },
              protection: {
                on: 'replace',
                reason: 'holds the orders',
                approvers: ['@acme/dba', '@alice'],
                approved: false,
                pendingSince: '2026-11-18T09:00:00Z',
              },
            }
          : change,
      ),
    },
  ]),
  'failed-plan': report([
    stack(planDocument([update1], { errored: true }), 'stage', {
      diagnostics: [
        {
          severity: 'error',
          summary: 'Reading failed',
          detail: 'AccessDenied: not authorized to perform rds:DescribeDBInstances\n\nThe role landform-plan may not.',
          address: 'aws_db_instance.orders',
          source: { path: 'modules/database/index.ts', line: 31 },
        },
        { severity: 'warning', summary: 'Argument is deprecated', detail: 'Use another one.', address: undefined, source: undefined },
      ],
    }),
    stack(planDocument([]), 'prod', {
      status: 'failed',
      diagnostics: [
        {
          severity: 'error',
          summary: 'Type error',
          detail: 'Property "colour" does not exist. (TS2353)',
          address: undefined,
          source: { path: 'environments/prod.ts', line: 7 },
        },
      ],
    }),
  ]),
  'many-environments': report(
    Array.from({ length: 40 }, (_, i) =>
      stack(planDocument(i % 3 === 0 ? [] : i % 5 === 0 ? [destroy1] : [created(i)]), `team-${String(i).padStart(2, '0')}`),
    ),
  ),
  '65536-characters': report([stack(planDocument([destroy1, ...Array.from({ length: 150 }, (_, i) => created(i))]))]),
  '1000000-characters': report([
    stack(
      planDocument([
        ...Array.from({ length: 900 }, (_, i) => created(i, 700)),
        resource('aws_instance.web', ['update'], {
          before: { user_data: 'a'.repeat(1_000_000) },
          after: { user_data: 'b'.repeat(1_000_000) },
        }),
        replace1,
      ]),
    ),
  ]),
  'outputs-and-drift': report([
    stack(
      planDocument([update1], {
        output_changes: {
          url: {
            actions: ['update'],
            before: 'http://a',
            after: 'https://a',
            before_sensitive: false,
            after_sensitive: false,
            after_unknown: false,
          },
          secret: {
            actions: ['create'],
            before: null,
            after: 'S3CR3T-output',
            before_sensitive: false,
            after_sensitive: true,
            after_unknown: false,
          },
          same: { actions: ['no-op'], before: 1, after: 1, before_sensitive: false, after_sensitive: false, after_unknown: false },
        },
        relevant_attributes: [{ resource: 'aws_instance.web', attribute: ['tags'] }],
        resource_drift: [
          resource('aws_instance.web', ['update'], {
            before: instance('t3.small'),
            after: instance('t3.small', { tags: { Name: 'by hand' } }),
          }),
        ],
      }),
    ),
  ]),
  'simulated-in-the-sandbox': report([stack(planDocument([update1]))], { world: 'sandbox', dirty: true }),
  'two-stacks': report([
    { ...stack(planDocument([])), environment: 'ops', stack: 'network' },
    {
      environment: 'ops',
      stack: 'cluster',
      status: 'planned',
      changes: stack(planDocument([subnet1])).changes.map((change) => ({
        ...change,
        construct: 'subnet',
        source: { path: 'environments/ops.ts', line: 15 },
        protection: {
          on: 'replace',
          reason: 'people work in it',
          approvers: ['@acme/network'],
          approved: false,
          pendingSince: '2026-11-18T09:00:00Z',
        },
      })),
      outputs: [],
      drift: [],
      diagnostics: [],
    },
    {
      ...stack(planDocument([group1])),
      environment: 'ops',
      stack: 'service',
    },
  ]),
}
