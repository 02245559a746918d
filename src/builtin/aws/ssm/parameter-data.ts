import { isAwsError } from '../../../aws/index.ts'
import type { AwsApi, DataSourceSpec } from '../resource.ts'

export const parameterData: DataSourceSpec<AwsApi> = {
  type: 'aws_ssm_parameter',
  title: 'SSM Parameter',
  supports: ['id', 'name', 'with_decryption'],

  async read({ api }, config) {
    const name = config.name as string
    const withDecryption = config.with_decryption !== false
    const { Parameter } = await api.call('ssm', 'GetParameter', { Name: name, WithDecryption: withDecryption }).catch((error: unknown) => {
      if (isAwsError(error, 'ParameterNotFound'))
        throw new Error(`There is no parameter ${name} in this account and region.`, { cause: error })
      throw error
    })
    const value = Parameter!.Value ?? ''
    return {
      arn: Parameter!.ARN ?? '',
      id: name,
      insecure_value: Parameter!.Type === 'SecureString' ? null : value,
      name,
      type: Parameter!.Type ?? '',
      value,
      version: Parameter!.Version ?? 0,
      with_decryption: withDecryption,
    }
  },
}
