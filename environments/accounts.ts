/**
 * The accounts of the organization. Names, ids and addresses are examples: edit this file first.
 */
import type { Account } from '../modules/environment/index.ts'

/**
 * The world that plans are about: `sandbox` is embedded in Landform and needs no account of AWS, `aws` is the real one. Every output names it, and a saved
 * plan is applied only to the world it was made for. On the sandbox providers are Landform's own, on AWS plugins; `export const builtinProviders = ['aws']`
 * here chooses otherwise.
 */
export const target: 'sandbox' | 'aws' = 'sandbox'

const region = 'us-east-1'
/** The roles that `landform env` assumes in every account: one that reads for plans, one that changes for applies. */
const roles = { plan: 'landform-plan', apply: 'landform-apply' }

/** Organization and billing; nothing runs here. */
export const management: Account = {
  name: 'management',
  id: '111122223333',
  email: 'aws+management@example.com',
  region,
  domain: 'example.com',
  roles,
}

/** The hub: people log in here and go on into the roles of the others. Keeps the states. */
export const ops: Account = { name: 'ops', id: '222233334444', email: 'aws+ops@example.com', region, domain: 'ops.example.com', roles }

export const stage: Account = {
  name: 'stage',
  id: '333344445555',
  email: 'aws+stage@example.com',
  region,
  domain: 'stage.example.com',
  roles,
}

export const prod: Account = { name: 'prod', id: '444455556666', email: 'aws+prod@example.com', region, domain: 'example.com', roles }

/** Every account, in the order in which `all` goes through them. */
export const accounts: readonly Account[] = [management, ops, stage, prod]

/** The account whose users and keys assume the roles of the others. */
export const hub = ops

/** Where states are kept: a bucket of an account, and the role that reads and writes in it. */
export const store = { account: ops, region, bucket: 'example-landform-state', role: 'landform-state' }

/**
 * What `make bootstrap` sets up to watch every account, in every region. The first two cost nothing, or the place of the logs. The others cost by what happens in
 * the accounts; `landform account plan` says how much. Security Hub needs Config.
 */
export const detection = { trail: true, accessAnalyzer: true, config: false, guardDuty: false, securityHub: false }

/** US dollars a month that an account may cost before somebody is told; `accounts: { prod: 2000 }` beside it names others, and `false` is no budget. */
export const budget = { monthly: 200 }
