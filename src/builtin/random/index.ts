import { compareVersions, parseVersion } from '../../base/index.ts'
import type { Provider } from '../../providers/index.ts'
import { defineSimpleProvider } from '../../providers/simple/index.ts'
import { ephemeralBytes, randomBytesResource } from './bytes.ts'
import { randomId } from './id.ts'
import { randomInteger } from './integer.ts'
import { ephemeralPassword, randomPassword } from './password.ts'
import { randomPet } from './pet.ts'
import { randomShuffle } from './shuffle.ts'
import { randomString } from './string.ts'
import { randomUuid, randomUuid4, randomUuid7 } from './uuid.ts'

export interface RandomProviderOptions {
  /** Of the plugin that is followed; the newest known one when not given. */
  readonly version?: string
}

/** The built-in provider `hashicorp/random`. */
export function randomProvider({ version = '3.9.1' }: RandomProviderOptions = {}): Provider {
  const since = (first: string): boolean => compareVersions(parseVersion(version)!, parseVersion(first)!) >= 0
  return defineSimpleProvider({
    resources: {
      ...(since('3.6.0') ? { random_bytes: randomBytesResource } : {}),
      random_id: randomId,
      random_integer: randomInteger,
      random_password: randomPassword,
      random_pet: randomPet,
      random_shuffle: randomShuffle,
      random_string: randomString,
      random_uuid: randomUuid,
      ...(since('3.8.0') ? { random_uuid4: randomUuid4, random_uuid7: randomUuid7 } : {}),
    },
    ephemerals: {
      ...(since('3.7.0') ? { random_password: ephemeralPassword } : {}),
      ...(since('3.9.0') ? { random_bytes: ephemeralBytes } : {}),
    },
    configure: () => undefined,
  })
}
