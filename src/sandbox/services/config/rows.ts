import type * as Config from '@aws-sdk/client-config-service'
import type { Call } from '../../kernel/call.ts'
import type { Row, Table } from '../../kernel/store.ts'

/** The recorder of a region; its id is its name, and there is one at most. */
export interface RecorderRow extends Row {
  readonly recorder: Config.ConfigurationRecorder
  readonly isRecording: boolean
  readonly started?: Date
  readonly stopped?: Date
}

/** Where the recorder delivers to; there is one at most. */
export interface ChannelRow extends Row {
  readonly channel: Config.DeliveryChannel
}

export function recorders(call: Call): Table<RecorderRow> {
  return call.scope.table<RecorderRow>('recorders')
}

export function channels(call: Call): Table<ChannelRow> {
  return call.scope.table<ChannelRow>('channels')
}
