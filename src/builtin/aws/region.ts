import type { Trait } from '../../providers/kit/index.ts'
import { UNKNOWN } from '../../providers/kit/index.ts'
import type { AwsApi } from './api.ts'

/** The argument `region` that version 6 has on regional types: the provider's when it is not set; another one is another object. */
export const regionTrait: Trait<AwsApi> = {
  attributes: ['region'],
  plan({ planned, prior, config, replace }, api) {
    const wanted = config.region ?? api?.region ?? UNKNOWN
    planned.region = wanted
    // A state of version 5 has no region: its objects are in the provider's.
    if (prior !== undefined && prior.region !== null && prior.region !== wanted) replace.add('region')
  },
  read(op, _remote, _prior, state) {
    state.region = op.api.region
  },
}
