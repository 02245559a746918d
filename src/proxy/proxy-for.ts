import { BlockList, isIP } from 'node:net'

/** Which proxies there are, in words of the environment. */
export interface ProxySettings {
  /** For `http`: a URL, or a host with its port. */
  readonly httpProxy?: string | undefined
  readonly httpsProxy?: string | undefined
  /** Names, suffixes, addresses and networks that are reached directly, separated by commas. */
  readonly noProxy?: string | undefined
}

/** The address of a proxy is none. Its text is not shown, since it may hold a password. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
}

export function proxySettingsOf(environment: Readonly<Record<string, string | undefined>>): ProxySettings {
  const text = (name: string): string | undefined => environment[name] || environment[name.toLowerCase()] || undefined
  return { httpProxy: text('HTTP_PROXY'), httpsProxy: text('HTTPS_PROXY'), noProxy: text('NO_PROXY') }
}

/** The proxy for a URL; undefined: it is reached directly, as this machine itself always is. @throws ProxyError */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const [name, text] = url.protocol === 'https:' ? ['HTTPS_PROXY', settings.httpsProxy] : ['HTTP_PROXY', settings.httpProxy]
  if (!text || goesDirectly(url, settings.noProxy ?? '')) return undefined
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const proxy = URL.canParse(whole) ? new URL(whole) : undefined
  if (proxy === undefined || !/^https?:$/.test(proxy.protocol)) throw new ProxyError(`the address of the proxy in ${name} is not valid`)
  return proxy
}

/** What says to a proxy who asks. @throws ProxyError */
export function proxyAuthorization(proxy: URL): Readonly<Record<string, string>> {
  if (proxy.username === '') return {}
  const text = `${decoded(proxy.username, 'user name')}:${decoded(proxy.password, 'password')}`
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` }
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ProxyError(`the ${what} of the proxy has a percent sign that is not followed by the hexadecimal digits of a character`)
  }
}

/** See Go's `golang.org/x/net/http/httpproxy`, `Config.NoProxy`. */
function goesDirectly(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '')
  if (host === 'localhost' || host === '::1' || /^127\./.test(host)) return true
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list.split(',').some((entry) => {
    const text = entry.trim().toLowerCase()
    if (text === '') return false
    if (text.includes('/')) return isInNetwork(host, text)
    const [, pattern = text, wanted] = /^(\[[^\]]*\]|[^:]*)(?::([0-9]+))?$/.exec(text) ?? []
    if (wanted !== undefined && wanted !== port) return false
    const name = pattern.replace(/^\[|\]$/g, '')
    if (name === '*') return true
    const bare = name.replace(/^\*?\./, '')
    return bare !== '' && ((name === bare && host === bare) || host.endsWith(`.${bare}`))
  })
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', bits] = network.split('/')
  const family = isIP(address)
  if (family === 0 || isIP(host) !== family || !/^[0-9]{1,3}$/.test(bits ?? '') || Number(bits) > (family === 4 ? 32 : 128)) return false
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  const members = new BlockList()
  members.addSubnet(address, Number(bits), kind)
  return members.check(host, kind)
}
