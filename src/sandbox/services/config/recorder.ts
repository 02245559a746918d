import type * as Config from '@aws-sdk/client-config-service'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { keyOf } from '../iam/_names.ts'
import { rows } from '../iam/rows.ts'
import { channels, type RecorderRow, recorders } from './rows.ts'

function findRecorder(call: Call, name: string | undefined): RecorderRow {
  const row = recorders(call).get(name ?? '')
  if (row !== undefined) return row
  throw new AwsError('NoSuchConfigurationRecorderException', `Cannot find configuration recorder with the specified name '${name}'.`)
}

function named(call: Call, names: readonly string[] | undefined): readonly RecorderRow[] {
  if (names === undefined || names.length === 0) return [...recorders(call).values()]
  return names.map((name) => findRecorder(call, name))
}

/** Config acts as a role of the account. */
function checkRole(call: Call, arn: string | undefined): void {
  const match = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn ?? '')
  const isThere = match?.[1] === call.account && rows(call.inService('iam'), 'roles').get(keyOf(match[2]!)) !== undefined
  if (!isThere) throw new AwsError('InvalidRoleException', `The role ARN '${arn}' is invalid or cannot be used by Config.`)
}

export const recorderOperations = {
  PutConfigurationRecorder(input: Config.PutConfigurationRecorderRequest, call: Call): object {
    const { name = 'default', roleARN, recordingGroup = { allSupported: true }, ...rest } = input.ConfigurationRecorder!
    if ([...recorders(call).values()].some(({ id }) => id !== name))
      throw new AwsError(
        'MaxNumberOfConfigurationRecordersExceededException',
        `Failed to put configuration recorder '${name}' because the maximum number of configuration recorders: 1 is reached.`,
      )
    if (recordingGroup.allSupported === true && (recordingGroup.resourceTypes ?? []).length > 0)
      throw new AwsError('InvalidRecordingGroupException', 'The recording group provided is not valid')
    checkRole(call, roleARN)
    const recorder = { ...rest, name, roleARN, recordingGroup }
    recorders(call).put({ isRecording: false, ...recorders(call).get(name), id: name, recorder })
    return {}
  },

  DescribeConfigurationRecorders(
    input: Config.DescribeConfigurationRecordersRequest,
    call: Call,
  ): Config.DescribeConfigurationRecordersResponse {
    return { ConfigurationRecorders: named(call, input.ConfigurationRecorderNames).map(({ recorder }) => recorder) }
  },

  DescribeConfigurationRecorderStatus(
    input: Config.DescribeConfigurationRecorderStatusRequest,
    call: Call,
  ): Config.DescribeConfigurationRecorderStatusResponse {
    return {
      ConfigurationRecordersStatus: named(call, input.ConfigurationRecorderNames).map(({ id, isRecording, started, stopped }) => ({
        name: id,
        recording: isRecording,
        lastStartTime: started,
        lastStopTime: stopped,
        lastStatus: isRecording ? ('Success' as const) : undefined,
      })),
    }
  },

  StartConfigurationRecorder(input: Config.StartConfigurationRecorderRequest, call: Call): object {
    const { id } = findRecorder(call, input.ConfigurationRecorderName)
    if (channels(call).size === 0)
      throw new AwsError('NoAvailableDeliveryChannelException', 'Delivery channel is not available to start configuration recorder.')
    recorders(call).patch(id, { isRecording: true, started: call.now })
    return {}
  },

  StopConfigurationRecorder(input: Config.StopConfigurationRecorderRequest, call: Call): object {
    recorders(call).patch(findRecorder(call, input.ConfigurationRecorderName).id, { isRecording: false, stopped: call.now })
    return {}
  },

  DeleteConfigurationRecorder(input: Config.DeleteConfigurationRecorderRequest, call: Call): object {
    recorders(call).delete(findRecorder(call, input.ConfigurationRecorderName).id)
    return {}
  },
}
