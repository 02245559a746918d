import { canonicalZones } from '../elb/_zones.ts'

const cloudFrontZone = 'Z2FDTNDATAQYW2'

/** Below which name everything in a zone of AWS's lies; undefined for zones that are not known to be AWS's. */
export function awsZoneName(id: string): string | undefined {
  if (id === cloudFrontZone) return 'cloudfront.net.'
  const region = Object.keys(canonicalZones).find((name) => canonicalZones[name] === id)
  return region === undefined ? undefined : `${region}.elb.amazonaws.com.`
}
