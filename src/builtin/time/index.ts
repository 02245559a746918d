import { compareVersions, parseVersion } from '../../base/index.ts'
import type { Provider } from '../../providers/index.ts'
import { defineSimpleProvider } from '../../providers/simple/index.ts'
import type { Clock } from './_timestamp.ts'
import { timeFunctions } from './functions.ts'
import { timeOffset } from './offset.ts'
import { timeRotating } from './rotating.ts'
import { timeSleep } from './sleep.ts'
import { timeStatic } from './static.ts'

export interface TimeProviderOptions {
  readonly now?: Clock
  /** Of the plugin that is followed; the newest known one when not given. */
  readonly version?: string
}

/** The versions in which functions came. */
const firstVersions: Readonly<Record<string, string>> = {
  rfc3339_parse: '0.11.0',
  duration_parse: '0.13.0',
  unix_timestamp_parse: '0.13.0',
}

/** The built-in provider `hashicorp/time`. */
export function timeProvider({ now = () => new Date(), version = '0.14.0' }: TimeProviderOptions = {}): Provider {
  const hasFunction = (name: string): boolean => compareVersions(parseVersion(version)!, parseVersion(firstVersions[name]!)!) >= 0
  return defineSimpleProvider<Clock>({
    resources: { time_offset: timeOffset, time_rotating: timeRotating, time_sleep: timeSleep, time_static: timeStatic },
    functions: Object.fromEntries(Object.entries(timeFunctions).filter(([name]) => hasFunction(name))),
    configure: () => now,
  })
}
