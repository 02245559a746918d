import type { DataSourceSpec } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../api.ts'

export const callerIdentity: DataSourceSpec<AwsApi> = {
  type: 'aws_caller_identity',
  title: 'STS Caller Identity',
  supports: [],
  async read({ api }) {
    const { account, arn, userId } = await api.session.identity()
    return { account_id: account, arn, id: account, user_id: userId }
  },
}
