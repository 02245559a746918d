import type { OperationOf, OutputOf } from '../../../aws/index.ts'
import { Lookup } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../api.ts'

type Describe = Extract<OperationOf<'ec2'>, `Describe${string}`>
type Filter = { Name: string; Values: string[] }

/** EC2 takes up to 200 values in one filter. */
const maxFilterValues = 200

/**
 * A look-up of EC2 objects by one filter: 300 objects are found with two calls. Filters, unlike lists of ids, leave out what does
 * not exist instead of failing.
 *
 * @param list what an answer holds; `key` the value of the filter of one of them.
 */
export function describeBy<Op extends Describe, V>(
  operation: Op,
  filter: string,
  list: (page: OutputOf<'ec2', Op>) => readonly V[] | undefined,
  key: (found: V) => string | undefined,
  further: readonly Filter[] = [],
  pageSize?: number,
): (api: AwsApi) => Lookup<V> {
  const name = `${operation}/${filter}/${further.map((f) => f.Name).join()}`
  return (api) =>
    api.lookup(
      name,
      () =>
        new Lookup(async (keys) => {
          const found = new Map<string, V>()
          const filters = [{ Name: filter, Values: [...keys] }, ...further]
          for await (const page of pages(api, operation, filters, pageSize)) {
            for (const object of list(page) ?? []) {
              const own = key(object)
              if (own !== undefined) found.set(own, object)
            }
          }
          return found
        }, maxFilterValues),
    )
}

async function* pages<Op extends Describe>(
  api: AwsApi,
  operation: Op,
  filters: readonly Filter[],
  pageSize: number | undefined,
): AsyncGenerator<OutputOf<'ec2', Op>> {
  let token: string | undefined
  do {
    const input = {
      // DescribeNatGateways alone calls it so.
      [operation === 'DescribeNatGateways' ? 'Filter' : 'Filters']: [...filters],
      ...(token === undefined ? {} : { NextToken: token }),
      ...(pageSize === undefined ? {} : { MaxResults: pageSize }),
    }
    const page = await api.call('ec2', operation, input as never)
    yield page
    token = (page as { NextToken?: string }).NextToken || undefined
  } while (token !== undefined)
}
