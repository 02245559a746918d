import type { App } from 'cdktf'
import { stage } from './accounts.ts'
import { application } from './application.ts'

export default (app: App) =>
  application(app, stage, {
    cidr: '10.30.0.0/16',
    zones: 2,
    nat: 'single',
    cluster: { instanceType: 't3.medium', min: 2, max: 4 },
    api: { desired: 2 },
    web: { desired: 2 },
    drainingSeconds: 300,
    logDays: 14,
  })
