import type { App, TerraformStack } from 'cdktf'
import { hub, store } from '../environments/accounts.ts'
import { Environment } from '../modules/environment/index.ts'
import { StateStore } from '../modules/state-store/index.ts'
import { backendAt } from './index.ts'

/** The stack that creates the store, for `make state`. It runs with one's own credentials, before there are roles, and then keeps its state in what it made. */
export default (app: App): TerraformStack[] => {
  const env = new Environment(app, { account: store.account, backend: backendAt('store/terraform.tfstate'), assumeRole: false })
  new StateStore(env, 'state', { bucket: store.bucket, role: store.role, trustedAccountId: hub.id })
  return [env]
}
