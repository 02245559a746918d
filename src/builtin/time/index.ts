import type { Provider } from '../../providers/index.ts'
import { defineSimpleProvider } from '../../providers/simple/index.ts'
import type { Clock } from './_timestamp.ts'
import { timeFunctions } from './functions.ts'
import { timeOffset } from './offset.ts'
import { timeRotating } from './rotating.ts'
import { timeSleep } from './sleep.ts'
import { timeStatic } from './static.ts'

/** The built-in provider `hashicorp/time`. */
export function timeProvider({ now = () => new Date() }: { readonly now?: Clock } = {}): Provider {
  return defineSimpleProvider<Clock>({
    resources: { time_offset: timeOffset, time_rotating: timeRotating, time_sleep: timeSleep, time_static: timeStatic },
    functions: timeFunctions,
    configure: () => now,
  })
}
