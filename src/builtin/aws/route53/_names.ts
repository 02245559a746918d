/** Ids are sometimes given with what they are ids of. */
export function bareZoneId(id: string): string {
  return id.replace(/^\/?(hostedzone|delegationset)\//, '')
}

/** In states names are in lower case, without the dot at their end, and with special characters as themselves. */
export function plainName(name: string): string {
  const unescaped = name.replace(/\\([0-7]{3})/g, (_whole, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
  return unescaped.toLowerCase().replace(/\.$/, '')
}

/** The whole name of a record that may be given without the zone's. */
export function fullName(name: string, zoneName: string): string {
  const record = plainName(name)
  const zone = plainName(zoneName)
  if (record === '') return zone
  return record === zone || record.endsWith(`.${zone}`) ? record : `${record}.${zone}`
}
