import type { Provider } from '../../providers/index.ts'
import { defineSimpleProvider } from '../../providers/simple/index.ts'
import { randomBytesResource } from './bytes.ts'
import { randomId } from './id.ts'
import { randomInteger } from './integer.ts'
import { ephemeralPassword, randomPassword } from './password.ts'
import { randomPet } from './pet.ts'
import { randomShuffle } from './shuffle.ts'
import { randomString } from './string.ts'
import { randomUuid } from './uuid.ts'

/** The built-in provider `hashicorp/random`. */
export function randomProvider(): Provider {
  return defineSimpleProvider({
    resources: {
      random_bytes: randomBytesResource,
      random_id: randomId,
      random_integer: randomInteger,
      random_password: randomPassword,
      random_pet: randomPet,
      random_shuffle: randomShuffle,
      random_string: randomString,
      random_uuid: randomUuid,
    },
    ephemerals: { random_password: ephemeralPassword },
    configure: () => undefined,
  })
}
