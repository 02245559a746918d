import type { App } from 'cdktf'
import { prod } from './accounts.ts'
import { application } from './application.ts'

export default (app: App) =>
  application(app, prod, {
    cidr: '10.40.0.0/16',
    zones: 3,
    nat: 'per-zone',
    cluster: { instanceType: 'm6i.large', min: 4, max: 12 },
    api: { desired: 4 },
    web: { desired: 3 },
    drainingSeconds: 300,
    logDays: 90,
  })
