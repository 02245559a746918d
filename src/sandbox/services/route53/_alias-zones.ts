/** The zones in which AWS keeps the names of load balancers, classic and application, by region. */
const loadBalancerZones: Readonly<Record<string, string>> = {
  Z268VQBMOI5EKX: 'af-south-1',
  Z3DQVH9N71FHZ0: 'ap-east-1',
  Z14GRHDCWA56QT: 'ap-northeast-1',
  ZWKZPGTI48KDX: 'ap-northeast-2',
  Z5LXEXXYW11ES: 'ap-northeast-3',
  ZP97RAFLXTNZK: 'ap-south-1',
  Z1LMS91P8CMLE5: 'ap-southeast-1',
  Z1GM3OXH4ZPM65: 'ap-southeast-2',
  ZQSVJUPU6J1EY: 'ca-central-1',
  Z215JYRZR1TBD5: 'eu-central-1',
  Z23TAZ6LKFMNIO: 'eu-north-1',
  Z3ULH7SSC9OV64: 'eu-south-1',
  Z32O12XQLNTSW2: 'eu-west-1',
  ZHURV8PSTC4K8: 'eu-west-2',
  Z3Q77PNBQS71R4: 'eu-west-3',
  ZS929ML54UICD: 'me-south-1',
  Z2P70J7HTTTPLU: 'sa-east-1',
  Z35SXDOTRQ7X7K: 'us-east-1',
  Z3AADJGX6KTTL2: 'us-east-2',
  Z368ELLRRE2KJ0: 'us-west-1',
  Z1H1FL5HABSF5: 'us-west-2',
}

const cloudFrontZone = 'Z2FDTNDATAQYW2'

/** Below which name everything in a zone of AWS's lies; undefined for zones that are not known to be AWS's. */
export function awsZoneName(id: string): string | undefined {
  if (id === cloudFrontZone) return 'cloudfront.net.'
  const region = loadBalancerZones[id]
  return region === undefined ? undefined : `${region}.elb.amazonaws.com.`
}
