import { type Bucket, bucketOf, type S3Place } from '../registry/modules/index.ts'
import type { Environment } from './settings.ts'

/** Opens the bucket of a module source `s3::`, with the credentials of the address or those that the environment has. */
export function s3Opener(environment: Environment): (place: S3Place) => Promise<Bucket> {
  return async (place) => {
    const { openSession, s3ObjectStore } = await import('../aws/index.ts')
    const session = await openSession(
      {
        region: place.region,
        profile: place.profile,
        accessKey: place.accessKey,
        secretKey: place.secretKey,
        token: place.token,
        endpoints: place.endpoint === undefined ? undefined : { s3: place.endpoint },
        s3UsePathStyle: place.endpoint !== undefined,
        maxRetries: 5,
      },
      { env: environment as NodeJS.ProcessEnv },
    )
    return bucketOf(s3ObjectStore({ session, bucket: place.bucket }))
  }
}
