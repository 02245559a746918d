/** Top-level domains of name servers, and the first number of the servers in each. */
const topLevels = [
  ['com', 0],
  ['net', 512],
  ['org', 1024],
  ['co.uk', 1536],
] as const

/** Four name servers of four top-level domains, as each zone or reusable delegation set has. */
export function nameServersOf(bytes: Buffer): string[] {
  const servers = topLevels.map(([topLevel, first], i) => {
    const number = first + (bytes.readUInt16BE(i * 4) % 512)
    return `ns-${number}.awsdns-${String(bytes[i * 4 + 2]! % 64).padStart(2, '0')}.${topLevel}`
  })
  const turn = bytes[16]! % servers.length
  return [...servers.slice(turn), ...servers.slice(0, turn)]
}

/** The name servers that every private zone has, which no one can ask. */
export const privateNameServers = ['ns-0.awsdns-00.com', 'ns-512.awsdns-00.net', 'ns-1024.awsdns-00.org', 'ns-1536.awsdns-00.co.uk']
